"""Chapter 16's eight faults, with other seeds and four times the steps: what each costs, and which
of two cheap checks finds it.

    python benchmarks/faults.py [--seeds 6] [--set mnist_5k] [--epochs 2 8]

prints one table for each number of epochs, in about three minutes. It measures, it does not judge.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from utils.datasets import load
from utils.models import draw_kernels
from utils.runtime import start

FEW = 20  # pictures for the memorisation test
COPIES = 84  # of them, so that one walk through all is 84 steps
RATE = 0.003
FAULTS = {
    "no fault": {},
    "rate 100 times too high": {"rate": 100 * RATE},
    "rate 300 times too low": {"rate": RATE / 300},
    "pixels 0 … 255": {"scale": 255},
    "divided by 255 twice": {"scale": 1 / 255},
    "all weights begin at 0": {"zeros": True},
    "softmax twice": {"twice": True},
    "labels of other pictures": {"apart": True},
    "sorted, not shuffled": {"ordered": True},
}


def build_network(softmaxes=1):
    """Return the chapter's small network, compiled."""
    import keras
    from keras import layers

    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 5, strides=2, activation="relu"),
            layers.Conv2D(16, 5, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
            *(layers.Softmax() for _ in range(softmaxes - 1)),
        ]
    )
    network.compile(
        optimizer=keras.optimizers.Adam(RATE),
        loss="sparse_categorical_crossentropy",
        steps_per_execution=21,
    )
    return network


def start_anew(network, seed, rate=RATE):
    """Give a network new random weights, and its optimizer an empty memory."""
    import keras

    keras.utils.set_random_seed(seed)
    draw_kernels(network, seed)
    biases = [weight for weight in network.trainable_variables if len(weight.shape) == 1]
    for variable in (*network.optimizer.variables, *biases):
        variable.assign(0 * variable)
    network.optimizer.learning_rate = rate


def measure(networks, data, seed, epochs=2, rate=RATE, scale=1, **fault):
    """Return test accuracy, loss of the new network, and loss after learning 20 pictures."""
    import keras

    network = networks[bool(fault.get("twice"))]
    X, y = data.X_train * np.float32(scale), data.y_train
    if fault.get("apart"):
        y = np.random.default_rng(seed).permutation(y)
    order = np.argsort(y, kind="stable") if fault.get("ordered") else np.arange(len(y))
    few = np.random.default_rng(seed).permutation(len(y))[:FEW]

    def loss(rows):
        return np.mean(keras.losses.sparse_categorical_crossentropy(y[rows], network(X[rows])))

    def fit(rows, **settings):
        start_anew(network, seed, rate)
        if fault.get("zeros"):
            for weight in network.trainable_variables:
                weight.assign(0 * weight)
        first = loss(few)
        network.fit(X[rows], y[rows], verbose=0, **settings)
        return first

    first = fit(np.tile(few, COPIES), batch_size=FEW, shuffle=False)
    by_heart = loss(few)
    fit(order, batch_size=64, epochs=epochs, shuffle=not fault.get("ordered"))
    answers = np.argmax(network(data.X_test * np.float32(scale)), axis=-1)
    return np.mean(answers == data.y_test), first, by_heart


def main():
    """Print the tables that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6, help="networks for each fault")
    parser.add_argument("--set", default="mnist_5k", help="a name for load()")
    parser.add_argument("--epochs", type=int, nargs="+", default=[2, 8])
    options = parser.parse_args()
    start()
    data = load(options.set)
    networks = build_network(), build_network(softmaxes=2)
    for epochs in options.epochs:
        print(f"{epochs} epochs: test accuracy (lowest to highest), first loss, loss by heart")
        for name, fault in FAULTS.items():
            runs = [
                measure(networks, data, 100 + s, epochs, **fault) for s in range(options.seeds)
            ]
            accuracy, first, by_heart = np.transpose(runs)
            print(
                f"{name:26}{accuracy.mean():.3f} ({accuracy.min():.3f} to {accuracy.max():.3f})"
                f"{first.min():8.2f} to {first.max():6.2f}"
                f"{by_heart.min():8.3f} to {by_heart.max():6.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
