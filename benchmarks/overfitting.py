"""Which verdicts on overfitting outlive a longer training? The tables behind chapter 09.

    python benchmarks/overfitting.py [--data mnist_5k] [--seeds 8] [--keep FOLDER] [--quick]

trains the networks of chapter 09 on 100 (or 20, 400, 1,000) pictures and prints two tables: the
map of capacity and data, and the gain of each remedy over none. Each training is scored after a
short time, after one about as long as the chapter's, and after four times as many steps. The seeds
are not those of the chapter. A star: the paired 95 % interval does not hold 0; two stars: a
99.5 % interval does not, the rule for ten questions at once.

It measures, it does not judge: it exits 0 in any case. It takes about ten minutes of processor
time. With --keep each finished row is kept in a file of that folder, and a run that was stopped
goes on from there. --quick takes a few steps only, to see that it runs.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.model_selection import train_test_split

from utils.datasets import load
from utils.metrics import paired_mean
from utils.models import draw_kernels
from utils.runtime import start

BATCH_SIZE = 25
ROUND = 20  # steps
TABLE_STEPS = (60, 240, 960)
MAP_STEPS = (60, 480, 1920)
QUICK_STEPS = (20, 40, 80)
WIDTHS, SIZES = (1, 2, 4), (20, 100, 1000)
FIRST_SEED, MAP_SEEDS = 100, 4

ALL = {"dropout": 0.25, "l2": 0.001, "batch_normalisation": True, "augment": True}
ROWS = {
    "no remedy": {},
    "placebo": {"shift_seed": 1000},
    "dropout": {"dropout": 0.5},
    "L2": {"l2": 0.01},
    "batch normalisation": {"batch_normalisation": True},
    "augmentation": {"augment": True},
    "more data": {"number": 400},
    "all together": ALL,
    "all without batch norm.": {**ALL, "batch_normalisation": False},
    "all without dropout, L2": {**ALL, "dropout": 0.0, "l2": 0.0},
    "all without augmentation": {**ALL, "augment": False},
}
HOW = ("number", "augment", "shift_seed")  # options of the training; the others make the network


def build_network(width=4, dropout=0.0, l2=0.0, batch_normalisation=False):
    """Return the compiled network of chapter 09."""
    penalty = keras.regularizers.L2(l2) if l2 else None

    def with_relu(layer):
        between = [layers.BatchNormalization(momentum=0.9)] if batch_normalisation else []
        return [layer, *between, layers.ReLU()]

    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *with_relu(layers.Conv2D(width, 5, strides=2, kernel_regularizer=penalty)),
            *with_relu(layers.Conv2D(2 * width, 5, strides=2, kernel_regularizer=penalty)),
            layers.Flatten(),
            *with_relu(layers.Dense(8 * width, kernel_regularizer=penalty)),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax", kernel_regularizer=penalty),
        ]
    )
    network.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy")
    network.optimizer.build(network.trainable_variables)
    return network


@tf.function
def take_round(network, X, y):
    """Take a step for each of the ROUND batches X[0], X[1], …"""
    for k in tf.range(ROUND):
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(
                y[k], network(X[k], training=True)
            )
            loss = tf.reduce_mean(losses) + sum(network.losses)
        gradients = tape.gradient(loss, network.trainable_variables)
        network.optimizer.apply(gradients, network.trainable_variables)


class Laboratory:
    """The pictures, and the trainings on them."""

    def __init__(self, name):
        data = load(name)
        self.X_pool, self.X_val, self.y_pool, self.y_val = train_test_split(
            data.X_train, data.y_train, test_size=1000, stratify=data.y_train, random_state=0
        )
        self.move = layers.RandomTranslation(2 / 28, 2 / 28, fill_mode="constant", seed=1)
        self.turn = layers.RandomRotation(10 / 360, fill_mode="constant", seed=2)

    def draw_pictures(self, number, seed):
        """Return the positions of `number` pool pictures, equally many of each digit."""
        random = np.random.default_rng(seed)
        return np.concatenate([
            random.permutation(np.flatnonzero(self.y_pool == digit))[: number // 10]
            for digit in range(10)
        ])  # fmt: skip

    def score(self, network, pictures):
        """Return (training accuracy, validation accuracy, validation loss)."""
        on_training = np.array(network(self.X_pool[pictures], training=False)).argmax(axis=1)
        p = np.array(network(self.X_val, training=False))
        loss = -np.mean(np.log(p[np.arange(len(p)), self.y_val] + 1e-7))
        right = np.mean(on_training == self.y_pool[pictures])
        return right, np.mean(p.argmax(axis=1) == self.y_val), loss

    def fit(self, network, order, augment=False):
        """Take a step for each row of `order`, the positions of the pictures of each batch."""
        for part in np.split(order, len(order) // ROUND):
            X = self.X_pool[part.ravel()]
            if augment:
                X = np.array(self.turn(self.move(X, training=True), training=True))
            X = X.reshape(ROUND, BATCH_SIZE, *X.shape[1:])
            take_round(network, X, self.y_pool[part])

    def follow(self, start_anew, seed, steps, number=100, augment=False, shift_seed=0):
        """Train from this seed and return the scores after each of these numbers of steps."""
        pictures = self.draw_pictures(number, seed)
        network = start_anew(seed + shift_seed)
        order = make_order(pictures, steps[-1], seed + shift_seed)
        scores = []
        for part in np.split(order, steps[:-1]):
            self.fit(network, part, augment)
            scores.append(self.score(network, pictures))
        return scores

    def stop_early(self, start_anew, seed, most, every=20, patience=5):
        """Return the accuracies of early stopping: stopped, and learned again from all."""
        pictures = self.draw_pictures(100, seed)
        watched = pictures[::5]  # two of each digit
        learned = np.setdiff1d(pictures, watched)
        network = start_anew(seed)
        losses, weights = [], []
        for part in np.split(make_order(learned, most, seed), most // every):
            self.fit(network, part)
            p = np.array(network(self.X_pool[watched], training=False))
            losses.append(-np.mean(np.log(p[np.arange(20), self.y_pool[watched]] + 1e-7)))
            weights.append(network.get_weights())
            if len(losses) - np.argmin(losses) > patience:
                break
        best = int(np.argmin(losses))
        network.set_weights(weights[best])
        stopped = self.score(network, learned)
        network = start_anew(seed)
        self.fit(network, make_order(pictures, every * (best + 1), seed))
        return stopped, self.score(network, pictures), (every * (best + 1), 0, 0)


def make_order(pictures, steps, seed):
    """Return which pictures each step sees, epoch after epoch: shape (steps, batch size)."""
    random = np.random.default_rng(seed)
    epochs = int(np.ceil(steps * BATCH_SIZE / len(pictures)))
    order = np.concatenate([random.permutation(pictures) for _ in range(epochs)])
    return order[: steps * BATCH_SIZE].reshape(steps, BATCH_SIZE)


def compiled_once(**options):
    """Return a function of a seed that gives the same network with new kernels each time."""
    network = build_network(**options)
    changed = network.variables + network.optimizer.variables
    at_first = [variable.numpy() for variable in changed]

    def start_anew(seed):
        for variable, value in zip(changed, at_first):
            variable.assign(value)
        draw_kernels(network, seed)
        return network

    return start_anew


def kept(folder, name, measure, laboratory, seeds, steps, **options):
    """Return what `measure(…)` returns, read from the folder if it is there already."""
    if not folder:
        return np.array(measure(laboratory, seeds, steps, **options))
    path = Path(folder) / f"{name} {len(seeds)} seeds {steps[-1]} steps.npy".replace(" ", "_")
    if not path.exists():
        values = measure(laboratory, seeds, steps, **options)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.array(values))
    return np.load(path)


def measure_row(laboratory, seeds, steps, **options):
    """Return the scores of one row or cell, shape (seeds, looks, 3)."""
    how = {name: options.pop(name) for name in HOW if name in options}
    start_anew = compiled_once(**options)
    return [laboratory.follow(start_anew, seed, steps, **how) for seed in seeds]


def measure_stops(laboratory, seeds, steps):
    """Return the scores of early stopping, shape (seeds, 3, 3)."""
    start_anew = compiled_once()
    return [laboratory.stop_early(start_anew, seed, most=steps[1]) for seed in seeds]


def starred(differences):
    """Return the mean in points, its 95 % interval, and stars."""
    mean, half = paired_mean(differences)
    strict = paired_mean(differences, confidence=0.995)[1]
    stars = "★" * sum([abs(mean) > half, abs(mean) > strict])
    return f"{100 * mean:+.1f} ± {100 * half:.1f} {stars}"


def print_map(laboratory, folder, seeds, steps):
    """Measure and print validation accuracy and gap for each size and amount of data."""
    print(f"Map: validation accuracy (and the gap), {len(seeds)} seeds, after", *steps, "steps")
    for width in WIDTHS:
        for size in SIZES:
            name = f"width {width} pictures {size}"
            options = {"width": width, "number": size}
            cell = kept(folder, name, measure_row, laboratory, seeds, steps, **options)
            line = "  ".join(f"{val:.3f} ({train - val:.3f})" for train, val, _ in cell.mean(0))
            print(f"{width:3} filters {size:5} pictures  {line}", flush=True)


def print_table(laboratory, folder, seeds, steps):
    """Measure and print each remedy's gain over none, in points."""
    print(f"\nTable: validation accuracy, and gain in points, {len(seeds)} seeds, after", *steps)
    table = {}
    for name, options in ROWS.items():
        table[name] = kept(folder, name, measure_row, laboratory, seeds, steps, **options)
        accuracies = "  ".join(f"{value:.3f}" for value in table[name][..., 1].mean(axis=0))
        gains = (table[name] - table["no remedy"])[..., 1].T  # (looks, seeds)
        told = "" if name == "no remedy" else "".join(f"{starred(gain):18}" for gain in gains)
        print(f"{name:25} {accuracies}  {told}", flush=True)

    stops = kept(folder, "early stopping", measure_stops, laboratory, seeds, steps)
    at_end = table["no remedy"][:, 1, 1]  # at the chapter's longer budget
    for column, name in enumerate(("stop early", "… learn again")):
        accuracy = stops[:, column, 1]
        print(f"{name:25} {accuracy.mean():.3f} {starred(accuracy - at_end)}")
    print(f"It stopped after {stops[:, 2, 0].mean():.0f} steps on average.")


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist_5k", help="name for utils.datasets.load")
    parser.add_argument("--seeds", type=int, default=8, help="trainings for each row of the table")
    parser.add_argument("--keep", help="folder for finished rows")
    parser.add_argument("--quick", action="store_true", help="a few steps only")
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error("--seeds must be at least 2: an interval needs two pairs")
    start()
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    laboratory = Laboratory(arguments.data)
    map_steps, table_steps = [QUICK_STEPS] * 2 if arguments.quick else (MAP_STEPS, TABLE_STEPS)
    print_map(laboratory, arguments.keep, seeds[:MAP_SEEDS], map_steps)
    print_table(laboratory, arguments.keep, seeds, table_steps)


if __name__ == "__main__":
    main()
