#!/usr/bin/env python3
"""Golden vectors of the warp, made by two libraries that share no code with ours or with each other.

    warp.py FOLDER      needs jax, numpy, onnx and safetensors; writes warp.safetensors

For every case NAME the file holds `NAME.picture` (N,C,H,W), `NAME.flow` (N,2,H,W, in pixels, u before v), and what two
libraries make of them: `NAME.map_coordinates` (SciPy's function in JAX, pixel coordinates) and `NAME.grid_sample` (the reference
implementation of ONNX's GridSample with align_corners and border padding, which is defined as PyTorch's grid_sample).
"""
import pathlib
import sys

import jax
import numpy as np
import onnx
from jax.scipy.ndimage import map_coordinates
from onnx import helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

jax.config.update("jax_enable_x64", True)


def by_map_coordinates(picture, flow):
    y, x = np.mgrid[: picture.shape[2], : picture.shape[3]]
    planes = [
        [map_coordinates(plane, [y + v, x + u], order=1, mode="nearest") for plane in planes]
        for planes, (u, v) in zip(picture, flow)
    ]
    return np.array(planes)


def by_grid_sample(picture, flow):
    node = helper.make_node(
        "GridSample", ["picture", "grid"], ["warped"], mode="linear", padding_mode="border", align_corners=1
    )
    value = lambda name: helper.make_tensor_value_info(name, onnx.TensorProto.DOUBLE, None)
    graph = helper.make_graph([node], "warp", [value("picture"), value("grid")], [value("warped")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    height, width = picture.shape[2:]
    y, x = np.mgrid[:height, :width]
    grid = np.stack([2 * (x + flow[:, 0]) / (width - 1) - 1, 2 * (y + flow[:, 1]) / (height - 1) - 1], -1)
    return ReferenceEvaluator(model).run(None, {"picture": picture, "grid": grid})[0]


if __name__ == "__main__":
    random = np.random.default_rng(1)
    tensors = {}
    for name, (batch, channels, height, width), reach in [
        ("near", (2, 1, 12, 16), 2),
        ("far", (2, 1, 13, 10), 12),
        ("planes", (1, 3, 5, 7), 3),
        ("tiny", (3, 1, 2, 3), 3),
    ]:
        picture = random.uniform(0, 1, (batch, channels, height, width)).astype(np.float32).astype(np.float64)
        flow = random.uniform(-reach, reach, (batch, 2, height, width)).astype(np.float32).astype(np.float64)
        made = {"map_coordinates": by_map_coordinates(picture, flow), "grid_sample": by_grid_sample(picture, flow)}
        print(name, "apart by", np.abs(made["map_coordinates"] - made["grid_sample"]).max())
        tensors |= {f"{name}.{key}": value for key, value in {"picture": picture, "flow": flow, **made}.items()}
    tensors = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in tensors.items()}
    save_file(tensors, pathlib.Path(sys.argv[1]) / "warp.safetensors")
