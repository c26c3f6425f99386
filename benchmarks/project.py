"""Does the verdict of chapter 17 hold for other crops and other folds? The table behind it.

    python benchmarks/project.py [--seeds 0 1 2 3] [--steps 150 600] [--track] [--quick]

runs the cells of chapter 17 up to its experiment on example folders with other crops, deals the
sources to other folds (one of each class is held out at a time), and prints the accuracy of each
way, split by picture and by source. --track measures the reference results of tracks B and C.

It measures, it does not judge: it exits 0 in any case. It takes about four minutes of processor
time. --quick takes one seed and few steps, to see that it runs.
"""

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path

import jupytext
import numpy as np
from IPython.core.interactiveshell import InteractiveShell

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "17_project.py"
LAST_CELL = "features = describe("  # with which the cell before the comparison ends
WAYS = ("mean colours", "from scratch", "ImageNet")


def main():
    """Compare for what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--steps", type=int, nargs="+", default=[150, 600], help="from scratch")
    parser.add_argument("--track", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.steps = [1], [25]
    if options.track:
        measure_tracks(options.quick)
        return 0
    for seed in options.seeds:
        for steps in options.steps:
            space = run_lesson(seed, steps)
            print_row(seed, steps, space)
    return 0


def run_lesson(seed, steps):
    """Run the lesson up to the features, with other crops, folds and steps; return its names."""
    cells = [c.source for c in jupytext.read(LESSON).cells if c.cell_type == "code"]
    last = next(i for i, source in enumerate(cells) if LAST_CELL in source)
    shell = InteractiveShell.instance()
    changes = {
        "write_example(folder)": f"write_example(folder, seed={seed})",
        "num_folds=3, class_names": f"num_folds=3, seed={seed}, class_names",
        "random_state=0": f"random_state={seed}",
        "seed=0):\n    \"\"\"Train": f"seed={seed}):\n    \"\"\"Train",
        "STEPS, BATCH = 150": f"STEPS, BATCH = {steps}",
    }  # fmt: skip
    for old, new in changes.items():
        if sum(source.count(old) for source in cells) != 1:
            raise SystemExit(f"the lesson does not hold {old!r} exactly once")
        cells = [source.replace(old, new) for source in cells]
    with redirect_stdout(io.StringIO()):
        for source in cells[: last + 1]:
            shell.run_cell(source).raise_error()
    return shell.user_ns


def print_row(seed, steps, space):
    """Print the accuracies of all ways, and the ImageNet network's interval over sources."""
    answers, held_out = space["answers"], space["held_out"]
    for split, folds in (("picture", space["by_picture"]), ("source", space["folds"])):
        answers["ImageNet", split] = held_out(space["regress_features"], space["features"], folds)
    y, sources = space["y"], space["sources"]
    alone = held_out(space["regress_features"], space["features"], sources)
    cells = [
        f"{way} {np.mean(answers[way, 'picture'].argmax(axis=1) == y):.2f} → "
        f"{np.mean(answers[way, 'source'].argmax(axis=1) == y):.2f}"
        for way in WAYS
    ]
    print(f"seed {seed}, {steps} steps: {', '.join(cells)}", end="")
    print(
        f"; ImageNet, each source by itself {np.mean(alone.argmax(axis=1) == y):.2f}", flush=True
    )


def measure_tracks(quick):
    """Print the reference results of tracks B and C."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier

    from utils.datasets import load
    from utils.models import compact_cnn, fit_one_cycle
    from utils.runtime import start

    start()

    def fit(X, y, epochs, seed):
        start(seed)
        network = compact_cnn()
        fit_one_cycle(network, X, y, epochs=1 if quick else epochs)
        return network

    def score(network, data):
        return np.mean(network.predict(data.X_test, verbose=0).argmax(axis=1) == data.y_test)

    data = load("mnist_5k")
    rows = data.X_train.reshape(len(data.X_train), -1)
    neighbour = KNeighborsClassifier(1).fit(rows, data.y_train)
    test_rows = data.X_test.reshape(len(data.X_test), -1)
    print(f"C, nearest neighbour, clean: {neighbour.score(test_rows, data.y_test):.3f}")
    for seed in range(1 if quick else 3):
        random = np.random.default_rng(seed)
        faulty = data.y_train.copy()
        bad = random.random(len(faulty)) < 0.2
        faulty[bad] = (faulty[bad] + random.integers(1, 10, bad.sum())) % 10
        judge = LogisticRegression(C=0.01, max_iter=300)
        p = cross_val_predict(judge, rows, faulty, cv=5, method="predict_proba")
        suspect = p[np.arange(len(p)), faulty] < 0.1
        caught = np.mean(bad[suspect]), np.mean(suspect[bad])
        relabelled = np.where(suspect, p.argmax(axis=1), faulty)
        results = {
            "clean": score(fit(data.X_train, data.y_train, 8, seed), data),
            "20 % wrong": score(fit(data.X_train, faulty, 8, seed), data),
            "dropped": score(fit(data.X_train[~suspect], faulty[~suspect], 8, seed), data),
            "relabelled": score(fit(data.X_train, relabelled, 8, seed), data),
        }
        shown = ", ".join(f"{name} {value:.3f}" for name, value in results.items())
        print(
            f"C, seed {seed}: {shown}; suspects: precision {caught[0]:.2f}, recall {caught[1]:.2f}"
        )
    data = load("mnist")
    rows, test_rows = (X.reshape(len(X), -1) for X in (data.X_train[:10_000], data.X_test))
    neighbour = KNeighborsClassifier(1).fit(rows, data.y_train[:10_000])
    print(f"B, nearest of 10,000: {neighbour.score(test_rows, data.y_test):.4f}")
    print(f"B, compact_cnn: {score(fit(data.X_train, data.y_train, 4, 0), data):.4f}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
