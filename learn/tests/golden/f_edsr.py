#!/usr/bin/env python3
"""Golden vectors of F-EDSR: an implementation in JAX, which shares neither code nor kernels with ours.

    f_edsr.py FOLDER      needs jax, numpy and safetensors; writes f-edsr-*.safetensors

Each file holds the network's tensors under their own names, `luma` (N,1,H,W), `target`, `residual` (what the network makes
of `luma`), and for every tensor NAME `gradient.NAME` of the mean squared error between residual and target.
"""
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import save_file

jax.config.update("jax_enable_x64", True)  # computed in double precision, rounded once at the end


def convolution(parameters, name, x):
    weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
    y = jax.lax.conv_general_dilated(x, weight, (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
    return y + bias[None, :, None, None]


def pixel_shuffle(x, scale):
    batch, channels, height, width = x.shape
    x = x.reshape(batch, channels // scale**2, scale, scale, height, width)
    return x.transpose(0, 1, 4, 2, 5, 3).reshape(batch, channels // scale**2, height * scale, width * scale)


def f_edsr(parameters, blocks, scale, luma):
    """5x5 head, residual blocks without normalisation, body convolution with a global skip, pixel-shuffle tail."""
    head = x = convolution(parameters, "head", luma)
    for block in range(blocks):
        inner = jax.nn.relu(convolution(parameters, f"body.{block}.conv1", x))
        x = x + convolution(parameters, f"body.{block}.conv2", inner)
    x = convolution(parameters, "up", convolution(parameters, "close", x) + head)
    return convolution(parameters, "last", pixel_shuffle(x, scale))


def golden(folder, channels, blocks, scale, tail, width, height):
    random = np.random.default_rng(channels * 100 + blocks * 10 + scale)
    layers = [("head", 1, channels, 5)]
    for block in range(blocks):
        layers += [(f"body.{block}.conv1", channels, channels, 3), (f"body.{block}.conv2", channels, channels, 3)]
    layers += [("close", channels, channels, 3), ("up", channels, tail * scale * scale, 3), ("last", tail, 1, 3)]
    parameters = {}
    for name, inputs, outputs, kernel in layers:
        bound = (3 / (inputs * kernel * kernel)) ** 0.5
        parameters[f"{name}.weight"] = random.uniform(-bound, bound, (outputs, inputs, kernel, kernel))
        parameters[f"{name}.bias"] = random.uniform(-0.1, 0.1, outputs)
    # Rounded first, so that everybody computes from the same numbers.
    parameters = {name: value.astype(np.float32).astype(np.float64) for name, value in parameters.items()}
    luma = random.uniform(0, 1, (2, 1, height, width)).astype(np.float32).astype(np.float64)
    target = random.uniform(-0.5, 0.5, (2, 1, scale * height, scale * width)).astype(np.float32).astype(np.float64)

    def loss(parameters):
        return jnp.mean((f_edsr(parameters, blocks, scale, luma) - target) ** 2)

    tensors = {"luma": luma, "target": target, "residual": f_edsr(parameters, blocks, scale, luma), **parameters}
    tensors |= {f"gradient.{name}": value for name, value in jax.grad(loss)(parameters).items()}
    metadata = {"channels": str(channels), "blocks": str(blocks), "scale": str(scale), "tail": str(tail)}
    name = f"f-edsr-{channels}x{blocks}-x{scale}.safetensors"
    tensors = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in tensors.items()}
    save_file(tensors, folder / name, metadata)


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    golden(out, channels=4, blocks=1, scale=2, tail=2, width=13, height=9)
    golden(out, channels=6, blocks=2, scale=3, tail=2, width=8, height=11)
