"""Do the verdicts of chapter 15's three applications outlive other seeds, halves and regions?

    python benchmarks/applications.py [--seeds 6] [--epochs 6 24] [--lesson FILE]

runs the cells of section 7 with seeds that the chapter does not use, and prints

- driving: bad pixels by window, by half of the picture, with intervals by blocks;
- medicine: sensitivity and specificity for other regions, dots and first weights;
- security: alarms a day and the share of intruders caught, for other days.

It measures, it does not judge: it exits 0 in any case. It takes about ten minutes of processor
time, most of it for the longer training.
"""

import argparse
import ast
import io
from contextlib import redirect_stdout
from pathlib import Path

import jupytext
import numpy as np

from utils.metrics import cluster_bootstrap

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "15_trends.py"
FIRST_SEED = 100
# The first lines of code by which the section's parts are found.
INTERVAL, DRIVING, MEDICINE, SECURITY = (
    "def cluster_bootstrap", "FOCAL, BASELINE", "SPOT, REGION", "FRAMES, BUDGET",
)  # fmt: skip
LAST = "alarms_on = {"
SKIPPED = ("plt.subplots(", "nbval-ignore-output")


def main():
    """Run the three parts; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--epochs", type=int, nargs="+", default=[6, 24], help="in medicine")
    parser.add_argument("--lesson", type=Path, default=LESSON)
    options = parser.parse_args()
    cells = read_cells(options.lesson)
    drive(cells)
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    for epochs in options.epochs:
        examine(cells, seeds, epochs)
    guard(cells, seeds)
    return 0


def read_cells(lesson):
    """Return the code that the parts need, with the imports first: {name: source}."""
    notebook = jupytext.read(lesson, fmt="py:percent")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    places = [
        next(i for i, cell in enumerate(cells) if cell.source.startswith(first))
        for first in (INTERVAL, DRIVING, MEDICINE, SECURITY, LAST)
    ]
    imports = [cell for cell in cells[: places[0]] if only_imports(cell.source)]
    parts = {"start": imports + cells[places[0] : places[0] + 1]}
    for name, begin, end in zip(("driving", "medicine", "security"), places[1:], places[2:]):
        parts[name] = [cell for cell in cells[begin:end] if not skipped(cell)]
    return {name: "\n\n".join(cell.source for cell in part) for name, part in parts.items()}


def only_imports(source):
    """Return whether a cell does nothing but import."""
    return all(isinstance(line, (ast.Import, ast.ImportFrom)) for line in ast.parse(source).body)


def skipped(cell):
    """Return whether a cell draws or prints a table that the benchmark prints itself."""
    return SKIPPED[0] in cell.source or SKIPPED[1] in cell.metadata.get("tags", [])


def play(source, space=None, **changes):
    """Run code silently, some of its text exchanged; return its names."""
    space = space if space is not None else {"__name__": "lesson"}
    for old, new in changes.values():
        if old not in source:
            raise ValueError(f"the lesson no longer holds {old!r}")
        source = source.replace(old, new)
    with redirect_stdout(io.StringIO()):
        exec(source, space)
    return space


def drive(cells):
    """Print bad pixels by window and half, and intervals by blocks of several sizes."""
    space = play(cells["driving"], play(cells["start"]))
    columns = space["pixel_columns"]
    judged = space["judged"]
    halves = {"left": judged & (columns < 371), "right": judged & (columns >= 371)}
    print("\ndriving: bad pixels   " + "".join(f"window {w:<4}" for w in (5, 9, 15, 21, 27, 33)))
    for sign, mark in space["SIGNS"].items():
        left, right = mark(space["left_grey"]), mark(space["right_grey"])
        shares = []
        for window in (5, 9, 15, 21, 27, 33):
            wrong = space["is_bad"](space["match"](left, right, window))
            shares.append([wrong[half].mean() for half in halves.values()])
        for half, row in zip(halves, np.transpose(shares)):
            print(f"{sign:8} {half:10}   " + "".join(f"{share:<11.1%}" for share in row))
    wrong = space["is_bad"](space["stereo"]["census"])[judged]
    alone = 2 * 1.96 * np.sqrt(wrong.mean() * (1 - wrong.mean()) / wrong.size)
    print(f"census, by single pixels: {alone:.1%} wide")
    for side in (10, 25, 50, 100):
        groups = 1000 * (space["pixel_rows"] // side) + columns // side
        low, high = cluster_bootstrap(wrong, groups[judged], draws=500)
        print(f"census, blocks of {side:3} pixels: {low:.1%} to {high:.1%}, {high - low:.1%} wide")


def examine(cells, seeds, epochs):
    """Print sensitivity and specificity on both devices, one line a seed."""
    print(f"\nmedicine, {epochs} epochs: sensitivity / specificity by device and threshold")
    places = ("first", "second", "second, new threshold")
    print("    seed" + "".join(f"{place:>24}" for place in places))
    table = []
    for seed in seeds:
        space = play(
            cells["medicine"], play(cells["start"]),
            regions=("default_rng(0)", f"default_rng({seed})"),
            weights=("set_random_seed(0)", f"set_random_seed({seed})"),
            length=("epochs=6", f"epochs={epochs}"),
        )  # fmt: skip
        row = [(space["sensitivity"][place], space["specificity"][place]) for place in places]
        table.append(row)
        print(f"{seed:8}" + "".join(f"{f'{a:.2f} / {b:.3f}':>24}" for a, b in row), flush=True)
    means = np.mean(table, axis=0)
    print(f"{'mean':>8}" + "".join(f"{f'{a:.2f} / {b:.3f}':>24}" for a, b in means))


def guard(cells, seeds):
    """Print alarms a day and the share caught for each detector and kind of day, over seeds."""
    print("\nsecurity: alarms a day, mean (lowest to highest of the seeds); caught")
    results = {}
    for seed in seeds:
        space = play(
            cells["security"],
            play(cells["start"] + "\nleft_photo = photos.stereo_motorcycle()[0]"),
            days=("default_rng(0)", f"default_rng({seed})"),
        )
        for key, (alarms, caught) in space["watched"].items():
            results.setdefault(key, []).append((alarms.mean(), caught.mean()))
    for (name, kind), values in results.items():
        alarms, caught = np.transpose(values)
        print(
            f"{name:22} {kind:9} {alarms.mean():6.1f} ({alarms.min():.1f} to {alarms.max():.1f}); "
            f"{caught.mean():.0%} ({caught.min():.0%} to {caught.max():.0%})"
        )


if __name__ == "__main__":
    raise SystemExit(main())
