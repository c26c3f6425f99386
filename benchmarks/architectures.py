"""Who wins at equal multiplications, and what do pictures without labels teach? Two tables.

    python benchmarks/architectures.py contest [--quick]
    python benchmarks/architectures.py labels [--quick]

contest: the three networks of chapter 15, section 4, with 100, 400 and 1,600 steps. Each is given
the best of five rates, found with 3,500 training digits on the 500 others; then it is trained
anew with 10 seeds (5 for 1,600 steps) on all 4,000 and judged by the test digits.
labels: section 5 for 50 to 1,000 labels, ten draws of them, 100 and 400 steps, after 0, 100, 400
and 1,600 steps without labels (three seeds of those).

It measures, it does not judge: it exits 0 in any case. Each part takes about ten minutes of
processor time. --quick takes two seeds and the shortest training, to see that it runs.
"""

import argparse
import io
from contextlib import redirect_stdout
from pathlib import Path
from time import process_time

import numpy as np
from lesson_cells import lesson_cells

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "15_trends.py"
RATES = (0.002, 0.005, 0.01, 0.02, 0.04)
LABELS = (50, 100, 200, 500, 1000)
# The sections that are read, and words by which cells are known that train or print.
SECTIONS = ("", "Look first", "3", "4", "5")
TRAINING = ("train_anew(network, pictures, targets, seed)", "accuracies", "means")
TRAINING += ("learn_without_labels()",)
TRAINING += ("few[", "few.items()", "with check(")


def main():
    """Print one of the two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=("contest", "labels"))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    space = read_lesson()
    (contest if options.part == "contest" else labels)(space, options.quick)
    return 0


def contest(space, quick):
    """Print the accuracies of the three networks for growing numbers of steps."""
    for steps in (100,) if quick else (100, 400, 1600):
        seeds = range(2 if quick else 5 if steps == 1600 else 10)
        for name, network in space["contestants"].items():
            rate, tried = best_rate(space, network, steps)
            space["compile_cycle"](network, rate, steps)
            began, scores = process_time(), []
            for seed in seeds:
                space["train_anew"](network, *seen(space, steps, seed), seed)
                scores.append(space["test_accuracy"](network))
            seconds = (process_time() - began) / len(scores)
            told = f"{name} {steps} steps, rate {rate} of {tried}: {interval(space, scores)}"
            print(f"{told}, {seconds:.1f} s, {np.round(scores, 3)}", flush=True)


def best_rate(space, network, steps):
    """Return the rate with the best validation accuracy, mean of some seeds, and all of them."""
    digits, tried = space["digits"], {}
    order = np.random.default_rng(0).permutation(len(digits.X_train))
    learn, judge = order[:3500], order[3500:]
    for rate in RATES:
        space["compile_cycle"](network, rate, steps)
        right = []
        for seed in range(4 if steps < 1600 else 2):
            space["train_anew"](network, *seen(space, steps, 100 + seed, learn), 100 + seed)
            answers = network.predict_on_batch(digits.X_train[judge]).argmax(axis=1)
            right.append(np.mean(answers == digits.y_train[judge]))
        tried[rate] = round(float(np.mean(right)), 3)
    return max(tried, key=tried.get), tried


def seen(space, steps, seed, among=None):
    """Return the bent pictures of a training, and their targets."""
    digits = space["digits"]
    among = np.arange(len(digits.X_train)) if among is None else among
    chosen = among[space["walk"](len(among), steps * space["BATCH"], seed)]
    targets = np.eye(10, dtype="float32")[digits.y_train[chosen]]
    return space["bend"](digits.X_train[chosen], seed), targets


def labels(space, quick):
    """Print what learning without labels gains, for few and for many labels."""
    draws = range(2 if quick else 10)
    starts = {}
    for steps in (100,) if quick else (100, 400, 1600):
        for seed in range(1 if quick else 3):
            starts[steps, seed] = space["learn_without_labels"](steps=steps, seed=seed)[0]
    pretrained = sorted({steps for steps, _ in starts})
    for steps in (100,) if quick else (100, 400):
        space["STEPS"] = steps
        space["compile_cycle"](space["contestants"]["CNN"], 0.01, steps)
        for count in LABELS[:1] if quick else LABELS:
            learn = space["learn_few"]
            plain = [learn(count, draw, bent=False) for draw in draws]
            bent = [learn(count, draw) for draw in draws]
            told = f"not bent {interval(space, plain)}, bent {interval(space, bent)}"
            for before in pretrained:
                seeds = len(starts) // len(pretrained)
                tuned = [learn(count, draw, starts[before, draw % seeds]) for draw in draws]
                gain = interval(space, np.subtract(tuned, bent))
                told += f"; after {before}: {np.mean(tuned):.3f}, gain {gain}"
            print(f"{count} labels, {steps} steps: {told}", flush=True)


def interval(space, values):
    """Return the mean and the half width of its interval as text."""
    mean, half = space["paired_mean"](values)
    return f"{mean:.3f} ± {half:.3f}"


def read_lesson(sections=SECTIONS, left_out=()):
    """Return the names that sections of the lesson define, without their trainings."""
    space = {"__name__": "lesson"}
    for section, source in lesson_cells(LESSON):
        if section not in sections or any(word in source for word in (*TRAINING, *left_out)):
            continue
        with redirect_stdout(io.StringIO()):
            exec(source, space)
    return space


if __name__ == "__main__":
    raise SystemExit(main())
