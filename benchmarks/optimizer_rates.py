"""Does a verdict about optimizers outlive a finer grid of rates? The table behind chapter 06.

    python benchmarks/optimizer_rates.py [--data digits] [--seeds 8] [--quick]

trains the network of chapter 06 (784 pixels, 32 neurons, ten classes, ten epochs) with five rules
and with rates that are a factor of 1.33 apart, on bright pictures and on pictures ten times
darker. A rate is good if its mean validation accuracy on bright pictures lies within 1 (or 2)
points of the rule's best. The table says what the good rates lose in the dark, from the best case
to the worst and on average, and what the best of all rates would read there. The seeds are not
those of the chapter.

It measures, it does not judge: it exits 0 in any case. It takes about three minutes of processor
time. --quick takes few rates and one epoch, to see that it runs.
"""

import argparse

import numpy as np
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from utils.datasets import load
from utils.runtime import start

BATCH_SIZE, EPOCHS, HIDDEN, FIRST_SEED = 32, 10, 32, 100
BRIGHT, DARK = 1.0, 0.1
TOLERANCES = (0.01, 0.02)


class GradientDescent:
    """The optimizer's state, and its step."""

    def __init__(self, rate):
        self.rate, self.t = rate, 0
        self.mean = self.square = 0.0

    def step(self, gradient):
        """Return what is added to the weights."""
        return -self.rate * gradient


class Momentum(GradientDescent):
    """Keras' SGD with momentum 0.9."""

    def step(self, gradient):
        """Return what is added to the weights."""
        self.mean = 0.9 * self.mean - self.rate * gradient
        return self.mean


class RMSprop(GradientDescent):
    """Keras' RMSprop."""

    def step(self, gradient):
        """Return what is added to the weights."""
        self.square = 0.9 * self.square + 0.1 * gradient**2
        return -self.rate * gradient / np.sqrt(self.square + 1e-7)


class Adam(GradientDescent):
    """Keras' Adam."""

    def step(self, gradient):
        """Return what is added to the weights."""
        self.t += 1
        self.mean = 0.9 * self.mean + 0.1 * gradient
        self.square = 0.999 * self.square + 0.001 * gradient**2
        rate = self.rate * (1 - 0.999**self.t) ** 0.5 / (1 - 0.9**self.t)
        return -rate * self.mean / (np.sqrt(self.square) + 1e-7)


class Lion(GradientDescent):
    """Keras' Lion."""

    def step(self, gradient):
        """Return what is added to the weights."""
        update = 0.9 * self.mean + 0.1 * gradient
        self.mean = 0.99 * self.mean + 0.01 * gradient
        return -self.rate * np.sign(update)


RULES = {  # name: rule, lowest and highest rate on bright pictures; the dark may ask for more
    "gradient descent": (GradientDescent, 0.024, 1.0),
    "momentum": (Momentum, 0.0042, 0.13),
    "RMSprop": (RMSprop, 0.0004, 0.024),
    "Adam": (Adam, 0.0007, 0.042),
    "Lion": (Lion, 0.00007, 0.0056),
}


class Laboratory:
    """The pictures, and the trainings on them."""

    def __init__(self, name, epochs=EPOCHS):
        data = load(name)
        X = data.X_train.reshape(len(data.X_train), -1)
        self.X, self.X_val, self.y, self.y_val = train_test_split(
            X, data.y_train, test_size=0.25, stratify=data.y_train, random_state=0
        )
        self.classes, self.epochs = data.num_classes, epochs

    def read(self, rule, rate, seed, brightness):
        """Return the validation accuracy after a training from this start."""
        X, X_val = np.float32(brightness) * self.X, np.float32(brightness) * self.X_val
        random = np.random.default_rng(seed)
        W1 = random.normal(scale=(2 / X.shape[1]) ** 0.5, size=(X.shape[1], HIDDEN))
        W2 = random.normal(scale=(2 / HIDDEN) ** 0.5, size=(HIDDEN, self.classes))
        b1, b2 = np.zeros(HIDDEN), np.zeros(self.classes)
        weights = [part.astype("float32") for part in (W1, b1, W2, b2)]
        optimizers = [rule(rate) for _ in weights]
        batches = len(X) // BATCH_SIZE
        with np.errstate(all="ignore"):
            for _ in range(self.epochs):
                order = random.permutation(len(X))[: batches * BATCH_SIZE]
                for batch in order.reshape(batches, BATCH_SIZE):
                    gradients = self.gradients(weights, X[batch], self.y[batch])
                    for part, optimizer, gradient in zip(weights, optimizers, gradients):
                        part += optimizer.step(gradient)
            W1, b1, W2, b2 = weights
            Z = np.maximum(0, X_val @ W1 + b1) @ W2 + b2
        return float(np.mean(Z.argmax(axis=1) == self.y_val))

    def gradients(self, weights, X, y):
        """Return the gradients of the mean cross-entropy of a batch."""
        W1, b1, W2, b2 = weights
        H = np.maximum(0, X @ W1 + b1)  # (batch, hidden)
        Z = H @ W2 + b2
        P = np.exp(Z - Z.max(axis=1, keepdims=True))
        P /= P.sum(axis=1, keepdims=True)
        P[np.arange(len(y)), y] -= 1
        dZ = P / len(y)
        dH = (dZ @ W2.T) * (H > 0)
        return X.T @ dH, dH.sum(axis=0), H.T @ dZ, dZ.sum(axis=0)


def grid(lowest, highest, factor):
    """Return the rates from lowest to highest."""
    count = 1 + round(np.log(highest / lowest) / np.log(factor))
    return np.geomspace(lowest, highest, count)


def span(values, spec):
    """Return the lowest and the highest of some values as text."""
    return f"{min(values):{spec}} to {max(values):{spec}}"


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", help="name for utils.datasets.load")
    parser.add_argument("--seeds", type=int, default=8, help="starts for each rate")
    parser.add_argument("--quick", action="store_true", help="few rates, one epoch")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error("--seeds must be at least 1")
    start()
    laboratory = Laboratory(arguments.data, epochs=1 if arguments.quick else EPOCHS)
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    print(f"{'':18}{'within':>9}{'good rates':>22}{'best':>8}{'points lost in the dark':>26}"
          f"{'mean':>7}{'new rate':>10}")  # fmt: skip
    with threadpool_limits(1):
        for name, (rule, lowest, highest) in RULES.items():
            rates = grid(lowest, highest, 4 if arguments.quick else 4 / 3)
            bright, dark = (
                np.array([
                    np.mean([laboratory.read(rule, rate, seed, brightness) for seed in seeds])
                    for rate in rates
                ])
                for brightness in (BRIGHT, DARK)
            )  # fmt: skip
            for tolerance in TOLERANCES:
                good = bright >= bright.max() - tolerance
                lost = 100 * (bright - dark)[good]
                print(f"{name:18}{100 * tolerance:7.0f} %{span(rates[good], '.2g'):>22}"
                      f"{bright.max():8.3f}{span(lost, '.1f'):>26}{lost.mean():7.1f}"
                      f"{dark.max():10.3f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
