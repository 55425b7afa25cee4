"""Makes lowess.json: locally weighted regression as src/monitor/lowess.rs says it, by NumPy's own least squares.

    python3 lowess.py    (NumPy 2; once, the result is kept beside)
"""
import json
import pathlib

import numpy as np


def smooth(times, values, at, nearest):
    order = np.argsort(np.abs(times - at), kind="stable")[:nearest]
    x, y = times[order] - at, values[order]
    reach = np.abs(x).max()
    kernel = 0.75 * (1 - (x / reach) ** 2) if reach > 0 else np.full(len(x), 0.75)
    weights = kernel.copy()
    line = None
    for _ in range(4):
        root = np.sqrt(weights)
        design = np.stack([x, np.ones_like(x)], axis=1)
        line, *_ = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)
        errors = np.abs(y - design @ line)
        bound = 6 * np.median(errors)
        if bound < 1e-15:
            break
        weights = kernel * np.clip(1 - (errors / bound) ** 2, 0, None) ** 2
    return float(line[1])


def main():
    random = np.random.default_rng(7)
    golden = []
    for nearest, kind in [(8, "noise"), (8, "outlier"), (12, "wave"), (10, "uneven"), (6, "step")]:
        times = np.arange(40) * 0.5
        if kind == "uneven":
            times = np.sort(random.uniform(0, 20, 40))
        values = 32 + random.normal(0, 0.2, 40)
        if kind == "outlier":
            values[[9, 22]] += [6, -9]
        elif kind == "wave":
            values += 2 * np.sin(times)
        elif kind == "step":
            values[20:] -= 3
        at = [float(times[index]) for index in range(nearest, 40, 3)]
        # Only the past is known.
        smoothed = [smooth(times[times <= now], values[times <= now], now, nearest) for now in at]
        samples = [[float(time), float(value)] for time, value in zip(times, values)]
        golden.append({"nearest": nearest, "samples": samples, "at": at, "smoothed": smoothed})
    pathlib.Path(__file__).with_name("lowess.json").write_text(json.dumps(golden) + "\n")


main()
