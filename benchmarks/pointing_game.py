"""Do chapter 11's results on maps outlive other networks, longer training and more noisy copies?

    python benchmarks/pointing_game.py [--seeds 6] [--epochs 4 16] [--draws 8 50] [--quick]

runs the cells of chapter 11 up to the table of its pointing game, each time with seeds that the
chapter does not use, and prints that table: how many maps point at the single digit, at the digit
asked for, and at the other one, for a smoothing of 0, 2 and 3 pixels. Each number of epochs comes
with SmoothGrad's first number of draws; the others, and inverted scenes (dark digits on a bright
ground), are tried with the first number of epochs.

It measures, it does not judge: it exits 0 in any case. It takes about nine minutes of processor
time. --quick takes one network and one epoch, to see that it runs.
"""

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path

import jupytext

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "11_interpretability.py"
LAST_CELL = "# the table of the pointing game"  # the comment with which that cell begins
FIRST_SEED = 100
INVERTED = {
    "= scenes.images,": "= 1 - scenes.images,",
    "= judges.images,": "= 1 - judges.images,",
    "= pairs.images[": "= 1 - pairs.images[",
}


def main():
    """Run the game for what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6, help="networks in each table")
    parser.add_argument("--epochs", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--draws", type=int, nargs="+", default=[8, 50], help="of SmoothGrad")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.epochs, options.draws = 1, [1], [2]
    settings = [(epochs, options.draws[0], False) for epochs in options.epochs]
    settings += [(options.epochs[0], draws, False) for draws in options.draws[1:]]
    settings += [(options.epochs[0], options.draws[0], True)]
    for epochs, draws, inverted in settings:
        scenes = "inverted scenes" if inverted else "scenes"
        print(f"\n{scenes}: {options.seeds} networks, {epochs} epochs, {draws} noisy draws")
        print(play(options.seeds, epochs, draws, inverted), flush=True)
    return 0


def play(seeds, epochs, draws, inverted):
    """Return the table that the chapter's cells print with these settings."""
    changes = {
        "SEEDS = range(3)": f"SEEDS = range({FIRST_SEED}, {FIRST_SEED + seeds})",
        "EPOCHS, BATCH = 4, 32": f"EPOCHS, BATCH = {epochs}, 32",
        "classes, draws=8,": f"classes, draws={draws},",
        **(INVERTED if inverted else {}),
    }
    space = {"__name__": "lesson"}
    *before, table = changed_cells(changes)
    with redirect_stdout(io.StringIO()):  # figures and verdicts of the cells on the way
        for source in before:
            exec(source, space)
    with redirect_stdout(io.StringIO()) as printed:
        exec(table, space)
    return printed.getvalue()


def changed_cells(changes):
    """Return the lesson's code cells up to the table, with some of their text replaced."""
    sources = [cell.source for cell in jupytext.read(LESSON).cells if cell.cell_type == "code"]
    last = next(i for i, source in enumerate(sources) if source.startswith(LAST_CELL))
    sources = sources[: last + 1]
    for old, new in changes.items():
        places = [i for i, source in enumerate(sources) if old in source]
        if len(places) != 1:
            raise SystemExit(f"the lesson holds {old!r} in {len(places)} cells, not in one")
        sources[places[0]] = sources[places[0]].replace(old, new)
    return sources


if __name__ == "__main__":
    raise SystemExit(main())
