"""Do the gains of chapter 10 that hang on a few pictures outlive other draws and longer training?

    python benchmarks/data_challenges.py [--draws 20] [--factors 1 4] [--quick]

runs the cells of chapter 10 that use pseudo-labels beside 25 digits, and those that train with
seven eights, with many draws of these pictures and starts of the network, for the chapter's number
of steps and for four times as many. It prints how much is gained, in pairs, with the 95 %
interval: test accuracy by pseudo-labels, recall of the eights by each remedy for a rare class.

It measures, it does not judge: it exits 0 in any case. It takes about five minutes of processor
time. --quick takes two draws and the chapter's number of steps, to see that it runs.
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
TOOLS = (  # a piece of text of each cell that the experiments need, in their order
    "from utils.runtime import start",
    "import numpy as np",
    "X_val, y_val = ",
    "network = keras.Sequential(",
    "def take_steps(",
    "def restart(",
    "def predict(",
    "X_digits, y_digits = ",
    "recipes = {",
    "def draw_digits(",
    "def make_rare(",
)


def main():
    """Measure for what the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 4], help="of the steps")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.draws, options.factors = 2, [1]
    draws = f"range({options.draws})"
    for text in TOOLS:
        source = lesson_cell(text)
        if text == "def predict(":  # one network is enough where its accuracy is not looked at
            source = changed(source, "SEEDS = range(3)", f"SEEDS = {draws}")
            source = changed(source, "for seed in SEEDS", "for seed in SEEDS[:1]")
        run(source)

    print(f"{options.draws} draws{'steps':>24}{'before':>10}{'gained':>10}")
    for factor in options.factors:
        steps = 100 * factor
        source = changed(lesson_cell("before, after, longer"), "draw, 100)", f"draw, {steps})")
        space = run(changed(source, "draw, 187,", f"draw, {87 + steps},"))
        tell("pseudo-labels", steps, space["before"], space["after"])
        tell("  over as many true steps", steps, space["longer"], space["after"])
    for factor in options.factors:
        steps = 150 * factor
        run(lesson_cell("def score_rare("))  # begins with empty lists
        source = changed(lesson_cell("for seed in range(4)"), "range(4)", draws)
        space = run(changed(source, "seed, 150", f"seed, {steps}"))
        for way, recalls in list(space["recall_rare"].items())[1:]:
            tell(way, steps, space["recall_rare"]["nothing"], recalls)
    return 0


def tell(name, steps, before, after):
    """Print a row of the table."""
    gained, half = paired_mean(np.subtract(after, before))
    print(f"{name:28}{steps:4}{np.mean(before):10.3f}{gained:+10.3f} ± {half:.3f}", flush=True)


def run(source):
    """Run a cell as a notebook does, without its figures and numbers; return all its names."""
    shell = InteractiveShell.instance()
    with redirect_stdout(io.StringIO()):
        shell.run_cell(source).raise_error()
    return shell.user_ns


def lesson_cell(text):
    """Return the lesson's first code cell that holds this text."""
    cells = (cell.source for cell in jupytext.read(LESSON).cells if cell.cell_type == "code")
    return next(source for source in cells if text in source)


def changed(source, old, new):
    """Return the source with `old` replaced wherever it stands."""
    if old not in source:
        raise SystemExit(f"the lesson's cell does not hold {old!r}")
    return source.replace(old, new)


if __name__ == "__main__":
    raise SystemExit(main())
