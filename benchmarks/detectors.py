"""Do chapter 12's detectors and masks outlive other seeds and a longer training? Three tables.

    python benchmarks/detectors.py [--seeds 4] [--quick]

runs cells of chapter 12 with several seeds: the face detector of sections 3 to 6 (false alarms
before and after mining, average precision on the pasted faces, what is found on the photos that
judge), the grid detector of sections 7 and 8, and the U-Net of section 11 (mean IoU of the four
digits for three losses). The grid also with four times the epochs, the U-Net with four and with
twelve times as many.

It measures, it does not judge: it exits 0 in any case. It takes about ten minutes of processor
time. --quick takes one seed and few epochs, to see that it runs.
"""

import argparse
import ast
import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from lesson_cells import lesson_cells

LESSON = Path(__file__).resolve().parent.parent / "lessons" / "12_detection.py"
TOOLS = ("", "Look first", "1", "2")  # sections whose cells the others need
ALL_CLASSES = "(2 * shared + 1) / (total + 1)"  # in the lesson's Dice loss
TWO_LOSSES = '"Dice": dice_loss,'


def main():
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    seeds = range(1 if options.quick else options.seeds)
    for seed in seeds:
        print(f"faces, seed {seed}:", faces(seed), flush=True)
    for times in (1,) if options.quick else (1, 4):
        for seed in seeds:
            print(f"grid, {times} × the epochs, seed {seed}:", grid(seed, times, options.quick))
    for times in (1,) if options.quick else (1, 4, 12):
        for seed in seeds:
            print(f"masks, {times} × the epochs, seed {seed}:", masks(seed, times), flush=True)
    return 0


def faces(seed):
    """Return what sections 3 to 6 measure, of one network and of three."""
    changes = {
        "begin_anew(seed=0)": f"begin_anew(seed={3 * seed})",
        "train_and_mine(1)": f"train_and_mine({3 * seed + 1})",
        "train_and_mine(2)": f"train_and_mine({3 * seed + 2})",
    }
    space = run((*TOOLS, "3", "4", "5", "6"), changes)
    (hits, alarms), on_pasted = space["on_photos"]["our networks"][1], space["on_pasted"]
    return (
        f"alarms {space['before_mining']:,}, mined {space['sums']['mined']}, "
        f"random {space['sums']['random']}; AP of one {space['curves']['mined'][3]:.2f}, "
        f"with random windows {space['curves']['random'][3]:.2f}, "
        f"of three {space['curves']['three, mined'][3]:.2f}; astronaut {hits[6]}, "
        f"alarms there {alarms[6]}, "
        f"six photos silent {np.sum(alarms[:6] == 0)}, pasted {on_pasted['our networks']}"
    )


def grid(seed, times, quick):
    """Return the mean average precisions of section 8."""
    changes = {
        "start()": f"start(seed={seed})",
        "EPOCHS, BATCH = 5,": f"EPOCHS, BATCH = {1 if quick else 5 * times},",
    }
    space = run((*TOOLS, "7", "8"), changes, last="mAP over IoU")
    strict = np.mean(space["by_limit"])
    return f"mAP {np.mean(space['by_class']):.2f}, over ten limits {strict:.2f}"


def masks(seed, times):
    """Return the mean IoU of the four digits by loss, and the lowest of the four."""
    changes = {
        "start()": f"start(seed={seed})",
        "EPOCHS, BATCH = 5,": "EPOCHS, BATCH = 1,",  # of the grid, not asked here
        "set_random_seed(0)": f"set_random_seed({seed})",
        "MASK_EPOCHS, MASK_BATCH = 1,": f"MASK_EPOCHS, MASK_BATCH = {times},",
        TWO_LOSSES: f'{TWO_LOSSES} "Dice, no ground": dice_without_ground,',
        "def dice_loss(": without_ground() + "\n\n\ndef dice_loss(",
    }
    space = run((*TOOLS, "7", "11"), changes, last="masks = {}")
    told = []
    for name in space["LOSSES"]:
        ious = space["iou_by_class"](space["unseen_named"], space["masks"][name], 5)[1:]
        told.append(f"{name} {np.mean(ious):.2f} (lowest {ious.min():.2f})")
    return ", ".join(told)


def without_ground():
    """Return the source of the lesson's Dice loss, its mean taken without the ground."""
    source = next(source for _, source in lesson_cells(LESSON) if "def dice_loss(" in source)
    function = re.search(r"def dice_loss\(.*?(?=\n\n\n)", source, re.S)[0]
    function = function.replace(ALL_CLASSES, f"({ALL_CLASSES})[1:]")
    return function.replace("def dice_loss(", "def dice_without_ground(")


def imports_of(source):
    """Return the import statements of a cell."""
    nodes = ast.parse(source).body
    return "\n".join(ast.unparse(n) for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)))


def run(sections, changes, last=None):
    """Run the cells of some sections, changed, up to one that holds `last`; return their names."""
    space, left = {"__name__": "lesson"}, dict(changes)
    for section, source in lesson_cells(LESSON):
        if section not in sections:
            exec(imports_of(source), space)  # a lesson imports where it first needs a thing
            continue
        for old in [old for old in left if old in source]:
            source = source.replace(old, left.pop(old))
        with redirect_stdout(io.StringIO()):
            exec(source, space)
        if last and last in source:
            break
    if left:
        raise SystemExit(f"the lesson does not hold {list(left)}")
    return space


if __name__ == "__main__":
    raise SystemExit(main())
