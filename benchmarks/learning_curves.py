"""Do chapter 02's learning curves outlive other draws and a longer training? One table.

    python benchmarks/learning_curves.py [--seeds 4] [--quick]

draws 25 to 4,000 training pictures as chapter 02 does, but with other seeds (with all 4,000 only
shifts and first weights differ), and trains on them, with the chapter's shifted copies, logistic
regression on HOG (and once without copies), a support vector machine on HOG, and the network with
the chapter's number of steps and with four times as many. Each row: mean test accuracies, and the
network's lead over both on HOG with its paired 95 % interval. The interval holds the luck of draws
and first weights, not that of the test pictures.

It measures, it does not judge: it exits 0 in any case. It takes about seven minutes of processor
time. --quick takes a few steps only, to see that it runs.
"""

import argparse
import math

import keras
import numpy as np
from skimage.feature import hog
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from utils.datasets import load
from utils.metrics import paired_mean
from utils.models import compact_cnn, smoothed_crossentropy
from utils.runtime import start

BATCH, REACH, FIRST_SEED = 32, 2, 100
STEPS = {25: 150, 100: 150, 400: 200, 1300: 200, 4000: 400}  # chapter 02's
SIZES = {"digits": (25, 100, 1300), "mnist_5k": (25, 100, 400, 4000)}


def shifted(X, random):
    """Return each picture, moved at random by up to REACH pixels."""
    height, width = X.shape[1:3]
    padded = np.pad(X, ((0, 0), (REACH, REACH), (REACH, REACH), (0, 0)))
    corners = random.integers(0, 2 * REACH + 1, size=(len(X), 2))
    return np.array(
        [image[r : r + height, c : c + width] for image, (r, c) in zip(padded, corners)]
    )


def hog_features(X):
    """Return scikit-image's HOG of pictures (n, height, width, 1): (n, 1296)."""
    return np.array([hog(image, 9, (4, 4), cells_per_block=(2, 2)) for image in X[..., 0]])


def hog_accuracy(model, X, y, hogs_test, y_test, seed, versions):
    """Return the test accuracy of a model on HOG; it learns so many versions of each picture."""
    random = np.random.default_rng(seed)
    table = np.concatenate([X, *[shifted(X, random) for _ in range(versions - 1)]])
    model.fit(hog_features(table), np.tile(y, versions))
    return model.score(hogs_test, y_test)


def cycle(steps):
    """Return the chapter's learning rate at each step: it rises for 30 %, then sinks to 0."""
    part = np.arange(steps) / steps
    rise = 0.001 + 0.009 * part / 0.3
    fall = 0.005 * (1 + np.cos(math.pi * (part - 0.3) / 0.7))
    return np.where(part < 0.3, rise, fall)


class Trainer:
    """One network that is trained again and again from fresh weights."""

    def __init__(self):
        self.rates = keras.Variable(np.zeros(4 * max(STEPS.values()), "float32"), trainable=False)
        self.model = compact_cnn()
        rates = self.rates

        class Cycle(keras.optimizers.schedules.LearningRateSchedule):
            def __call__(self, step):
                return keras.ops.take(rates, keras.ops.cast(step, "int32"))

        self.model.compile(
            keras.optimizers.Adam(Cycle()), smoothed_crossentropy(), steps_per_execution=50
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self.at_rest = [variable.numpy() for variable in self.model.optimizer.variables]

    def accuracy(self, X, y, X_test, y_test, seed, steps):
        """Return the test accuracy after so many steps on shifted copies."""
        keras.utils.set_random_seed(seed)
        self.model.set_weights(compact_cnn().get_weights())
        for variable, value in zip(self.model.optimizer.variables, self.at_rest):
            variable.assign(value)
        rates = np.zeros(self.rates.shape, "float32")
        rates[:steps] = cycle(steps)
        self.rates.assign(rates)
        random = np.random.default_rng(seed)
        passes = math.ceil(steps * BATCH / len(X))
        order = np.concatenate([random.permutation(len(X)) for _ in range(passes)])
        order = order[: steps * BATCH]
        seen = shifted(X[order], random)
        self.model.fit(seen, y[order], batch_size=BATCH, shuffle=False, verbose=0)
        return np.mean(np.argmax(self.model(X_test), axis=1) == y_test)


def row_of(data, size, seeds, trainer, quick):
    """Return the accuracies of one row, shape (seeds, 5)."""
    hogs_test, found = hog_features(data.X_test), []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        few = np.arange(len(data.y_train))
        if size < len(few):
            few, _ = train_test_split(
                few, train_size=size, stratify=data.y_train, random_state=seed
            )
        X, y = data.X_train[few], data.y_train[few]
        steps = 50 if quick else STEPS[size]
        versions, few_rows = (  # as in the chapter: at most 8,000 rows, for the SVM 2,000
            max(1, min(max(4, 800 // size), most // size)) for most in (8_000, 2_000)
        )
        on_hog = (
            (LogisticRegression(max_iter=1000), 1),
            (LogisticRegression(max_iter=1000), versions),
            (SVC(C=10), few_rows),
        )
        found.append(
            [hog_accuracy(m, X, y, hogs_test, data.y_test, seed, number) for m, number in on_hog]
            + [
                trainer.accuracy(X, y, data.X_test, data.y_test, seed, times * steps)
                for times in (1, 4)
            ]
        )
    return np.array(found)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    seeds = 2 if options.quick else options.seeds
    start()
    trainer = Trainer()
    print(
        f"test accuracy, mean of {seeds} draws; LR: logistic regression on HOG; SVM: on HOG, too"
    )
    print("| set | pictures | LR, no copies | LR | SVM | network | 4× steps "
          "| lead over LR | 4× | lead over SVM | 4× |")  # fmt: skip
    print("| --- " * 11 + "|")
    with threadpool_limits(1):
        for name, sizes in SIZES.items():
            data = load(name)
            for size in sizes:
                found = row_of(data, size, seeds, trainer, options.quick)
                leads = [
                    paired_mean(found[:, column] - found[:, rival])
                    for rival in (1, 2)
                    for column in (3, 4)
                ]
                cells = [f"{accuracy:.3f}" for accuracy in found.mean(axis=0)]
                cells += ["{:+.3f} ± {:.3f}".format(*lead) for lead in leads]
                print(f"| {name} | {size:,} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
