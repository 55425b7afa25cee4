#!/usr/bin/env python3
"""Golden vectors of TCSR: an implementation in JAX, which shares neither code nor kernels with ours.

    tcsr.py FOLDER      needs jax, numpy and safetensors; writes tcsr-*.safetensors

Each file holds the network's tensors under their own names, and of a training patch `shown` (N,2k+1,H,W) and `wanted`
(N,1,H,W): what the network makes of it (`residual`; of the neighbour I, oldest first, `neighbour.I.picture`, `.half`, `.full`
and `.attention`), the `loss`, and for every tensor NAME its gradient, `gradient.NAME`. Under `odd.` the same of a picture whose
sides are no multiples of four, without a loss; its pictures, flows and attention are those of the enlarged picture.
"""
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.ndimage import map_coordinates
from safetensors.numpy import save_file

jax.config.update("jax_enable_x64", True)  # computed in double precision, rounded once at the end

EMBEDDING = 8
FLOW_BLOCKS = {1: 3, 2: 1}


def layers(channels, flow, blocks, radius):
    """Name, inputs and outputs of every convolution; all of them are 3x3."""
    for level, planes in (1, 2), (2, 4):
        yield f"ofr{level}.head", 4 * planes, flow
        for block in range(FLOW_BLOCKS[level]):
            yield f"ofr{level}.body.{block}.conv1", flow, flow
            yield f"ofr{level}.body.{block}.conv2", flow, flow
        yield f"ofr{level}.flow", flow, 4 * 2
    yield "fusion.target", 4, 4 * EMBEDDING
    yield "fusion.neighbour", 4, 4 * EMBEDDING
    yield "fusion.merge", 4 * (2 * radius + 1), channels
    yield "reconstruction.conv", channels, channels
    for block in range(blocks):
        yield f"reconstruction.body.{block}.conv1", channels, channels
        yield f"reconstruction.body.{block}.conv2", channels, channels
    yield "reconstruction.last", channels, 4


def convolution(parameters, name, x):
    """By its definition: the sum of nine shifted copies, zeros around the picture."""
    weight, bias = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
    height, width = x.shape[2:]
    x = jnp.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    y = sum(
        jnp.einsum("nihw,oi->nohw", x[:, :, j : j + height, i : i + width], weight[:, :, j, i])
        for j in range(3)
        for i in range(3)
    )
    return y + bias[:, None, None]


def body(parameters, name, blocks, x):
    for block in range(blocks):
        inner = jax.nn.relu(convolution(parameters, f"{name}.{block}.conv1", x))
        x = x + convolution(parameters, f"{name}.{block}.conv2", inner)
    return x


def stack(x):
    """2x2 pixels to channels: upper left, upper right, lower left, lower right of the first channel, then of the next."""
    parts = [x[:, :, j::2, i::2] for j in (0, 1) for i in (0, 1)]
    return jnp.stack(parts, 2).reshape(x.shape[0], -1, x.shape[2] // 2, x.shape[3] // 2)


def unstack(x):
    batch, channels, height, width = x.shape
    y = jnp.zeros((batch, channels // 4, 2 * height, 2 * width))
    for part, (j, i) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        y = y.at[:, :, j::2, i::2].set(x[:, part::4])
    return y


def halve(x):
    return (x[:, :, ::2, ::2] + x[:, :, 1::2, ::2] + x[:, :, ::2, 1::2] + x[:, :, 1::2, 1::2]) / 4


def enlarge(flow):
    batch, parts, height, width = flow.shape
    return 2 * jax.image.resize(flow, (batch, parts, 2 * height, 2 * width), "bilinear")


def warp(picture, flow):
    """The picture at (x + u, y + v), bilinear, the border repeated; both N,C,H,W, u before v."""
    y, x = jnp.mgrid[: picture.shape[2], : picture.shape[3]]

    def plane(plane, flow):
        return map_coordinates(plane, [y + flow[1], x + flow[0]], order=1, mode="nearest")

    return jnp.stack([plane(p[0], f) for p, f in zip(picture, flow)])[:, None]


def difference(a, b):
    return 16 * (a - b)


def detail(picture):
    """What it has beyond the mean of 5x5 pixels around, of those that there are."""
    def around(x):
        x = jnp.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2)))
        height, width = x.shape[2] - 4, x.shape[3] - 4
        return sum(x[:, :, j : j + height, i : i + width] for j in range(5) for i in range(5))

    return difference(picture, around(picture) / around(jnp.ones_like(picture)))


def ofrnet(parameters, neighbour, target):
    """The flow at half and at full size, in pixels of either."""

    def level(number, planes):
        x = jax.nn.relu(convolution(parameters, f"ofr{number}.head", stack(jnp.concatenate(planes, 1))))
        x = body(parameters, f"ofr{number}.body", FLOW_BLOCKS[number], x)
        return unstack(convolution(parameters, f"ofr{number}.flow", x))

    half = level(1, [difference(halve(neighbour), halve(target)), detail(halve(target))])
    coarse = enlarge(half)
    full = coarse + level(2, [difference(warp(neighbour, coarse), target), detail(target), coarse / 16])
    return half, full


def embed(parameters, name, picture):
    """Eight features of every pixel of the large picture, N,E,H,W."""
    features = convolution(parameters, name, stack(detail(picture)))
    return jnp.concatenate([unstack(features[:, feature::EMBEDDING]) for feature in range(EMBEDDING)], 1)


def tcsr(parameters, blocks, shown):
    """What to add to the middle picture, and of every neighbour its warped picture, flows and attention."""
    height, width = shown.shape[2:]
    shown = jnp.pad(shown, ((0, 0), (0, 0), (0, -height % 4), (0, -width % 4)), "edge")
    middle = shown.shape[1] // 2
    target = shown[:, middle : middle + 1]
    planes, neighbours = [], []
    for index in range(shown.shape[1]):
        if index == middle:
            continue
        neighbour = shown[:, index : index + 1]
        half, full = ofrnet(parameters, neighbour, target)
        aligned = warp(neighbour, full)
        likeness = embed(parameters, "fusion.neighbour", aligned) * embed(parameters, "fusion.target", target)
        attention = 1 / (1 + jnp.exp(-likeness.sum(1, keepdims=True)))
        planes.append(stack(attention * difference(aligned, target)))
        neighbours.append({"picture": aligned, "half": half, "full": full, "attention": attention})
    planes.append(stack(detail(target)))
    x = jax.nn.relu(convolution(parameters, "fusion.merge", jnp.concatenate(planes, 1)))
    x = convolution(parameters, "reconstruction.conv", x)
    x = body(parameters, "reconstruction.body", blocks, x)
    residual = unstack(convolution(parameters, "reconstruction.last", x)) / 64
    return residual[:, :, :height, :width], neighbours


def loss(parameters, blocks, weights, shown, wanted):
    """The mean over patches of log(mean squared error) and, over the neighbours, of log(misfit) of either size."""
    residual, neighbours = tcsr(parameters, blocks, shown)
    total = jnp.log(((residual - wanted) ** 2).mean((1, 2, 3)) + (0.5 / 255) ** 2)

    def misfit(warped, target, flow):
        error = jnp.abs(warped - target).mean((1, 2, 3))
        down = jnp.abs(flow[:, :, 1:] - flow[:, :, :-1]).mean((1, 2, 3))
        right = jnp.abs(flow[:, :, :, 1:] - flow[:, :, :, :-1]).mean((1, 2, 3))
        return jnp.log(error + weights["variation"] * (down + right) + 1 / 255)

    middle = shown.shape[1] // 2
    target = shown[:, middle : middle + 1]
    others = [index for index in range(shown.shape[1]) if index != middle]
    for index, made in zip(others, neighbours):
        small = warp(halve(shown[:, index : index + 1]), made["half"])
        total += weights["alpha"] / len(others) * misfit(small, halve(target), made["half"])
        total += weights["beta"] / len(others) * misfit(made["picture"], target, made["full"])
    return total.mean()


def rounded(values):
    """Rounded first, so that everybody computes from the same numbers."""
    return np.asarray(values).astype(np.float32).astype(np.float64)


def pictures(random, batch, count, height, width):
    """Waves that move, with grain."""
    y, x = np.mgrid[:height, :width]
    phase = random.uniform(0, 6, (batch, 1, 1, 1)) + np.arange(count)[None, :, None, None]
    waves = 0.5 + 0.3 * np.sin(0.9 * x + 0.5 * y + phase)
    return rounded(waves + random.uniform(-0.2, 0.2, (batch, count, height, width)))


def made(prefix, residual, neighbours):
    tensors = {f"{prefix}residual": residual}
    for index, neighbour in enumerate(neighbours):
        tensors |= {f"{prefix}neighbour.{index}.{name}": value for name, value in neighbour.items()}
    return tensors


def golden(folder, channels, flow, blocks, radius, size, odd):
    random = np.random.default_rng(channels * 1000 + flow * 100 + blocks * 10 + radius)
    parameters = {}
    for name, inputs, outputs in layers(channels, flow, blocks, radius):
        # Flows of some pixels, beyond the border here and there; attention that spans most of 0 to 1.
        weight, bias = {"flow": (0.4, 1.5), "target": (0.3, 0.5), "neighbour": (0.3, 0.5)}.get(name.split(".")[-1], (1, 0.1))
        bound = weight * (3 / (inputs * 9)) ** 0.5
        parameters[f"{name}.weight"] = rounded(random.uniform(-bound, bound, (outputs, inputs, 3, 3)))
        parameters[f"{name}.bias"] = rounded(random.uniform(-bias, bias, outputs))
    weights = {"alpha": 0.3, "beta": 0.6, "variation": 0.05}
    shown = pictures(random, 2, 2 * radius + 1, *size)
    wanted = rounded(random.uniform(-0.5, 0.5, (2, 1, *size)))
    value, gradients = jax.value_and_grad(loss)(parameters, blocks, weights, shown, wanted)
    tensors = {"shown": shown, "wanted": wanted, "loss": value, **parameters}
    tensors |= made("", *tcsr(parameters, blocks, shown))
    tensors |= {f"gradient.{name}": gradient for name, gradient in gradients.items()}
    shown = pictures(random, 1, 2 * radius + 1, *odd)
    tensors |= {"odd.shown": shown} | made("odd.", *tcsr(parameters, blocks, shown))
    for name in tensors:
        if name.endswith((".half", ".full", ".attention")):
            print(name, [round(float(tensors[name].min()), 2), round(float(tensors[name].max()), 2)])
    metadata = {"channels": channels, "flow": flow, "blocks": blocks, "radius": radius, **weights}
    name = f"tcsr-{channels}x{blocks}-flow{flow}-radius{radius}.safetensors"
    tensors = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in tensors.items()}
    save_file(tensors, folder / name, {name: str(value) for name, value in metadata.items()})


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    golden(out, channels=4, flow=4, blocks=1, radius=1, size=(12, 16), odd=(13, 10))
    golden(out, channels=5, flow=3, blocks=2, radius=2, size=(16, 8), odd=(7, 11))
