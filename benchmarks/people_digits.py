"""How many digits that people wrote, scanned and photographed are read right?

    python benchmarks/people_digits.py FOLDER [--seeds 1]

Reads every picture `<label>_<anything>` of a folder, such as 7_phone.jpg, the way chapter 07 does:
opened as it looks, prepared as MNIST's pictures are, read by the reference network after training
on all 5,000 pictures of `mnist_5k`: here the folder judges, so none need be kept back. A picture
that cannot be opened, or of which the preparation says that it does not show one digit, is
refused: it counts neither as right nor as wrong. Nothing is chosen by the folder's pictures. It
measures and does not judge: it exits 0 whatever the figures.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np

from utils.datasets import load
from utils.models import reference_cnn
from utils.pictures import PictureError, open_picture, prepare_digit
from utils.runtime import start


def main():
    """Read the folder, train, print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds pictures such as 7_phone.jpg")
    parser.add_argument(
        "--seeds", type=int, default=1, help="networks to train, one after another"
    )
    options = parser.parse_args()
    paths = [p for p in sorted(options.folder.glob("[0-9]_*")) if p.is_file()]
    if not paths:
        print(f"There is no picture such as 7_phone.jpg in {options.folder}.", file=sys.stderr)
        return 1
    images, labels, names, refused = prepare_all(paths)
    for name, reason in refused:
        print(f"refused {name}: {reason}")
    for seed in range(options.seeds):
        read = train(seed).predict(images, verbose=0)
        for name, label, probabilities in zip(names, labels, read):
            if probabilities.argmax() != label:
                print(f"wrong   {name}: {probabilities.argmax()} ({probabilities.max():.2f})")
        right = int(np.sum(read.argmax(axis=1) == labels))
        wrong = len(labels) - right
        print(
            f"seed {seed}: of {len(paths)} pictures {right} right ({right / len(paths):.1%}), "
            f"{wrong} wrong, {len(refused)} refused",
            flush=True,
        )
    return 0


def prepare_all(paths):
    """Return images, labels and names of what can be read, and (name, reason) of the others."""
    images, labels, names, refused = [], [], [], []
    for path in paths:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            try:
                images.append(prepare_digit(open_picture(path)))
            except (PictureError, UserWarning) as reason:
                refused.append((path.name, reason))
                continue
        labels.append(int(path.name[0]))
        names.append(path.name)
    return np.reshape(images, (-1, 28, 28, 1)), np.array(labels, dtype=int), names, refused


def train(seed):
    """Return the reference network, trained as chapter 07's listing trains it, on all pictures."""
    start(seed)
    data = load("mnist_5k")
    X = np.concatenate([data.X_train, data.X_test])
    y = np.concatenate([data.y_train, data.y_test])
    network = reference_cnn()
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    network.fit(X, y, epochs=10, batch_size=32, verbose=0)
    return network


if __name__ == "__main__":
    sys.exit(main())
