"""Do chapter 05's wrong gradients end alike from other starts, and after four times the epochs?

    python benchmarks/wrong_gradients.py [--seeds 4] [--times 4] [--quick]

runs the cells of chapter 05 up to its six wrong gradients, then trains the healthy network and the
six sick ones from seeds that the chapter does not use. Prints one table: the lowest and the
highest validation accuracy over the seeds, after the chapter's five epochs and after four times as
many.

It measures, it does not judge: it exits 0 in any case. It takes about eight minutes of processor
time. --quick takes one seed and the chapter's epochs twice, to see that it runs.
"""

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path

import jupytext
import numpy as np

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "05_backpropagation.py"
LAST_CELL = "variants = {"  # the text with which the cell that names the networks begins
FIRST_SEED = 100


def main():
    """Print the table for what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4, help="networks of each kind")
    parser.add_argument("--times", type=int, default=4, help="how many times the epochs")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.times = 1, 2
    lesson = chapters_cells()
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    print(f"validation accuracy over {options.seeds} seeds, lowest to highest")
    print(f"{'':14}{'5 epochs':>16}{f'{5 * options.times} epochs':>16}")
    for name, parts in lesson["variants"].items():
        scores = np.array([train_twice(lesson, parts, seed, options.times) for seed in seeds])
        ranges = [f"{low:.3f} to {high:.3f}" for low, high in zip(scores.min(0), scores.max(0))]
        print(f"{name:14}{ranges[0]:>16}{ranges[1]:>16}", flush=True)
    return 0


def chapters_cells():
    """Return the names that the chapter's cells define, up to the six wrong gradients."""
    sources = [cell.source for cell in jupytext.read(LESSON).cells if cell.cell_type == "code"]
    last = next(i for i, source in enumerate(sources) if source.startswith(LAST_CELL))
    space = {"__name__": "lesson"}
    with redirect_stdout(io.StringIO()):
        for source in sources[: last + 1]:
            exec(source, space)
    return space


def train_twice(lesson, parts, seed, times):
    """Return the accuracy after the chapter's five epochs, and after `times` as many."""
    accuracies = []
    for many in (1, times):
        network = lesson["build_network"](seed, **parts)
        with np.errstate(all="ignore"):
            for epochs, learning_rate in ((4, 0.1), (1, 0.02)):
                lesson["train"](
                    network,
                    lesson["X_train"],
                    lesson["y_train"],
                    many * epochs,
                    learning_rate,
                    seed=seed + epochs,
                )
            accuracies.append(lesson["accuracy"](network, lesson["X_val"], lesson["y_val"]))
    return accuracies


if __name__ == "__main__":
    raise SystemExit(main())
