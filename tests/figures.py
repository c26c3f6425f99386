"""Whether a figure looks like the stored one, on another machine, too.

No machine draws a picture byte for byte like another, and curves of a training differ a little.
So sizes and small copies are compared: their correlation must be at least `ALIKE`, and the figure
must not be the stored one turned over. Of the course's own figures, put in each other's place,
less than one in a hundred passes (`test_figures.py`): rows of digits look alike.
"""

import base64
import io

import numpy as np
from PIL import Image

WIDTH = 64  # pixels of the small copies
ALIKE = 0.3
SIZE_MARGIN = 0.05  # a longer number in a label makes a figure wider
TURNED = 0.9, 0.02  # this like the stored one turned over, and so much more than as it is


def figure_faults(new, stored):
    """Return what is wrong with the figures of a cell that ran again.

    Args:
        new, stored: lists of notebook outputs.
    """
    new, stored = pictures(new), pictures(stored)
    if len(new) != len(stored):
        return [f"{len(new)} figures, {len(stored)} are stored"]
    faults = (look_fault(*pair) for pair in zip(new, stored))
    return [f"figure {n}: {fault}" for n, fault in enumerate(faults, start=1) if fault]


def pictures(outputs):
    """Return the PNG pictures of outputs, as PIL images."""
    encoded = (o.get("data", {}).get("image/png") for o in outputs)
    return [Image.open(io.BytesIO(base64.b64decode(e))).convert("RGB") for e in encoded if e]


def look_fault(new, stored):
    """Return how a picture differs from the stored one, or None if they look alike."""
    for new_side, side in zip(new.size, stored.size):
        if abs(new_side - side) > SIZE_MARGIN * side:
            return f"it has {new.width}×{new.height} pixels, {stored.width}×{stored.height} stored"
    size = WIDTH, max(8, round(stored.height * WIDTH / stored.width))
    new, stored = (np.asarray(p.resize(size, Image.Resampling.BOX)) / 255 for p in (new, stored))
    alike = correlation(new, stored)
    turned = max(correlation(new, stored[:, ::-1]), correlation(new, stored[::-1]))
    if alike < ALIKE:
        return f"its likeness to the stored one is {alike:.2f}, at least {ALIKE} is needed"
    if turned > TURNED[0] and turned > alike + TURNED[1]:
        return f"it is more like the stored one turned over: {turned:.2f} against {alike:.2f}"
    return None


def correlation(first, second):
    """Return the correlation of two pictures of the same shape; 0 if one is blank."""
    first, second = first - first.mean(), second - second.mean()
    scale = np.sqrt((first**2).sum() * (second**2).sum())
    return (first * second).sum() / scale if scale > 1e-9 else 0.0
