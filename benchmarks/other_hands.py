"""How do chapter 01's rule and its classifier read digits by people whom they have not seen?

    python benchmarks/other_hands.py [--quick]

runs the cells of chapter 01 up to its experiment, and then tunes its rule and trains its
classifier 14 times, each time without one part of the 1,797 digits, and counts the mistakes on
that part. Once a part is one of the 14 forms on which the digits were collected, once a fourteenth
drawn at random. It prints the mistakes of both on all digits, and the most on a single part.

It measures, it does not judge: it exits 0 in any case. It takes about a minute of processor time.
--quick takes two parts, to see that it runs.
"""

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path

import jupytext
import matplotlib
import numpy as np
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from utils.datasets import FORM_STARTS, load

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "01_background.py"
LAST_CELL = "def rule_answers("  # stands in the last cell that is needed


def main():
    """Count the mistakes; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parts = 2 if parser.parse_args().quick else None
    methods = lesson_methods()
    data = load("digits", split="block")  # its two parts together are in the order of the forms
    X = np.concatenate([data.X_train, data.X_test])[..., 0]
    truth = np.concatenate([data.y_train, data.y_test]) == 3
    form = np.searchsorted(FORM_STARTS, np.arange(len(X)), side="right") - 1  # 0 … 13
    folds = {
        "by form": LeaveOneGroupOut().split(X, truth, form),
        "at random": StratifiedKFold(14, shuffle=True, random_state=0).split(X, truth),
    }
    print(f"{'parts':12}{'method':12}{'mistakes':>10}{'most in a part':>17}")
    for name, pairs in folds.items():
        pairs = list(pairs)[:parts]
        for method, answers in methods.items():
            wrong = [np.sum(answers(X[a], truth[a], X[b]) != truth[b]) for a, b in pairs]
            print(f"{name:12}{method:12}{sum(wrong):10}{max(wrong):17}", flush=True)
    return 0


def lesson_methods():
    """Return {name: function} for the rule and the classifier of the lesson's cells."""
    matplotlib.use("agg")
    sources = [cell.source for cell in jupytext.read(LESSON).cells if cell.cell_type == "code"]
    last = next(i for i, source in enumerate(sources) if LAST_CELL in source)
    space = {"__name__": "lesson"}
    with redirect_stdout(io.StringIO()):  # figures and numbers of the cells on the way
        for source in sources[: last + 1]:
            exec(source, space)
    return {"rule": space["rule_answers"], "learned": space["learned_answers"]}


if __name__ == "__main__":
    raise SystemExit(main())
