"""How many labels does a network that has seen a million photos save? The table behind chapter 10.

    python benchmarks/imagenet_transfer.py [--few 5 20 75] [--draws 5] [--steps 100 400] [--quick]

runs the cells of chapter 10 up to its comparison on brick, grass and gravel and on faces, with
more pictures of each class than the chapter has time for. The photos of the materials are cut at
their full size, so that their left sides hold 144 patches of each; `faces` has 75 of each kind to
learn from. Up to 100 patches of each material and 25 faces of each kind judge. For each number of
pictures, and each number of steps of the network from scratch, it prints the mean test accuracy
of the draws with its 95 % interval, and the processor seconds.

It measures, it does not judge: it exits 0 in any case. It takes about five minutes of processor
time. --quick takes few pictures and two draws, to see that it runs.
"""

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path

import jupytext
import numpy as np
from IPython.core.interactiveshell import InteractiveShell

from utils.metrics import paired_mean

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "10_data_challenges.py"
LAST_CELL = "FEW, SMALL_WAYS = "  # with which the cell of the comparison begins


def main():
    """Compare for what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--few", type=int, nargs="+", default=[5, 20, 75], help="of each class")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--steps", type=int, nargs="+", default=[100, 400], help="from scratch")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.few, options.draws, options.steps = [5], 2, [20]
    *before, comparison = lesson_cells(largest=max(options.few))
    for source in before:
        run(source)
    for steps in options.steps:
        source = changed(comparison, "draw, 100)", f"draw, {steps})")
        source = changed(source, "(5, 10)", f"{(*options.few,)}")
        space = run(changed(source, "draw in DRAWS", f"draw in range({options.draws})"))
        print(f"\nfrom scratch with {steps} steps, {options.draws} draws")
        print_table(space)
    return 0


def lesson_cells(largest):
    """Return the lesson's code cells up to the comparison, with more pictures to learn from."""
    cells = [cell.source for cell in jupytext.read(LESSON).cells if cell.cell_type == "code"]
    last = next(i for i, source in enumerate(cells) if source.startswith(LAST_CELL))
    cells = cells[: last + 1]
    place = next(i for i, source in enumerate(cells) if "SHRINK, GRID" in source)
    cells[place] = changed(cells[place], "GRID, LEFT = 2, 9, 4", "GRID, LEFT = 1, 18, 8")
    cells[place] = changed(cells[place], "JUDGES = 10, 14", f"JUDGES = {largest}, 100")
    return cells


def run(source):
    """Run a cell as a notebook does, without its figures and verdicts; return all its names."""
    shell = InteractiveShell.instance()
    with redirect_stdout(io.StringIO()):
        shell.run_cell(source).raise_error()
    return shell.user_ns


def changed(source, old, new):
    """Return the source with the one place where it holds `old` replaced."""
    if source.count(old) != 1:
        raise SystemExit(f"the lesson holds {old!r} {source.count(old)} times, not once")
    return source.replace(old, new)


def print_table(space):
    """Print the accuracies that the lesson's cell has put into `small`, with their intervals."""
    for (task, number, way), accuracies in space["small"].items():
        mean, half = paired_mean(accuracies)
        judges = len(space["tasks"][task][1][1])
        print(
            f"{task:10}{number:4} a class   {way:15}{mean:6.3f} ± {half:5.3f}"
            f"   on {judges} pictures"
        )
    seconds = space["seconds_photo"] / space["pictures"]
    print(f"photo features: {seconds:.3f} s of processor time for a picture")
    print(f"one training from scratch: {np.mean(space['seconds_scratch']):.2f} s")


if __name__ == "__main__":
    raise SystemExit(main())
