"""How fast is a convolution: loops, vectorised NumPy, SciPy, TensorFlow?

    python benchmarks/convolution.py [--repeats 50]

Measures, one after the other in one run, on the sizes of chapter 04: 32 pictures of 28×28×1 and 32
kernels of 3×3. Prints a table; the shortest time of several runs counts, because other programs
can only make a run longer. It measures and does not judge: it exits 0 whatever the figures.
"""

import argparse
from time import perf_counter

import numpy as np
from scipy import signal

from utils.layers import convolve, convolve_loops
from utils.runtime import start


def convolve_scipy(X, W, b):
    """Return W ∗ X + b for one input channel, each picture and each filter by SciPy."""
    maps = [
        [signal.correlate2d(x[..., 0], W[..., 0, k], mode="valid") for k in range(W.shape[-1])]
        for x in X
    ]
    return np.moveaxis(np.array(maps), 1, -1) + b


def convolve_tensorflow(X, W, b):
    """Return W ∗ X + b as a NumPy array, computed by TensorFlow."""
    import tensorflow as tf

    return (tf.nn.conv2d(X, W, strides=1, padding="VALID") + b).numpy()


def milliseconds(function, repeats):
    """Return the shortest running time of `function` in `repeats` runs, after one to warm up."""
    times = []
    function()
    for _ in range(repeats):
        before = perf_counter()
        function()
        times.append(1000 * (perf_counter() - before))
    return min(times)


def main():
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50, help="runs of the fast versions")
    repeats = parser.parse_args().repeats

    start()
    random = np.random.default_rng(0)
    X = random.uniform(size=(32, 28, 28, 1)).astype("float32")
    W = random.normal(size=(3, 3, 1, 32)).astype("float32")
    b = random.normal(size=32).astype("float32")

    expected = convolve_tensorflow(X, W, b)
    rows = {
        "loops (NumPy elements)": (convolve_loops, 1),
        "SciPy, one picture and filter at a time": (convolve_scipy, 3),
        "vectorised NumPy": (convolve, repeats),
        "TensorFlow": (convolve_tensorflow, repeats),
    }
    times = {}
    for name, (function, runs) in rows.items():
        np.testing.assert_allclose(function(X, W, b), expected, rtol=1e-4, atol=1e-4)
        times[name] = milliseconds(lambda function=function: function(X, W, b), runs)

    print(f"32 pictures of 28×28×1, 32 kernels of 3×3; the shortest of up to {repeats} runs\n")
    print("| version | milliseconds | times TensorFlow |")
    print("| --- | ---: | ---: |")
    for name, time in times.items():
        print(f"| {name} | {time:,.2f} | {time / times['TensorFlow']:,.2f} |")
    ratio = times["loops (NumPy elements)"] / times["vectorised NumPy"]
    print(f"\nvectorised NumPy is {ratio:,.0f} times as fast as the loops")


if __name__ == "__main__":
    main()
