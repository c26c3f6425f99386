"""From a folder of pictures to an honest split: the audit, the sources, the folds.

A **source** is what must not stand on both sides of a split: all pictures cut from one photo, all
shots of one minute, all near duplicates.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.pictures import PictureError, cut_square, read_folder

LEAST_SIDE = 32  # pixels of a picture's shorter side: less shows too little
MOST_BITS = 2  # of 64 in which two near duplicates differ
NEAR = 0.08  # of the spread of its pixels: more is the difference of another picture
BURST = 60  # seconds: shots that follow each other so soon show the same thing
ENDINGS = {"JPEG": ("jpg", "jpeg", "jpe", "jfif"), "MPO": ("jpg", "jpeg"), "TIFF": ("tif", "tiff")}
TAKEN, TURNED, EXIF_PART = 36867, 0x0112, 0x8769  # numbers of EXIF notes


@dataclass(frozen=True, repr=False)
class Audit:
    """What a folder of classes holds.

    Attributes:
        images: uint8 array of shape (n, size, size, 3): the middle squares.
        labels: int64 array of shape (n,): positions in class_names.
        class_names: the names of the folders.
        paths: n strings, each picture's place in the folder.
        sources: int64 array of shape (n,): equal numbers must stay on one side of a split.
        source_names: n strings: the place of the first picture of the source.
        unusable: pairs (place, reason) of what was left out.
        converted: pairs (place, what) of what is used, but not as the file holds it.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple
    paths: tuple
    sources: np.ndarray
    source_names: tuple
    unusable: tuple
    converted: tuple

    def __repr__(self):
        rows = []
        for k, name in enumerate(self.class_names):
            mine = self.labels == k
            rows.append(f"{name}: {mine.sum():,} pictures, {len(set(self.sources[mine]))} sources")
        return "\n".join(rows)


def audit_folder(folder, size=224):
    """Read a folder that holds a folder of pictures for each class, and look for its faults.

    Pictures are read one at a time and made smaller at reading, so that the memory needed is that
    of the squares, whatever the size of the files. What cannot be used is named with its reason.

    Args:
        folder: the folder, a str or a pathlib.Path.
        size: side of the squares in pixels; a picture whose shorter side has fewer than 32 is left
            out.

    Returns:
        Audit.

    Raises:
        PictureError: if the folder, or what is left of it, holds fewer than two classes, or its
            squares would take more than 1 GB; the message says what to do.
    """
    folder = Path(folder).expanduser()
    read = read_folder(folder, lambda picture: _square(picture, size), shortest=size)
    unusable = [(place, _short(place, reason)) for place, reason in read.left_out]
    copies = _copies(folder, read)
    twice = _made_unusable(copies, read)
    unusable += [(read.paths[i], reason) for i, reason in twice.items()]
    kept = np.array([i for i in range(len(read.paths)) if i not in twice], dtype=int)
    present = [k for k in range(len(read.class_names)) if k in read.labels[kept]]
    if len(present) < 2:
        raise PictureError(_too_few_classes(folder, read, present, unusable))
    paths = tuple(read.paths[i] for i in kept)
    notes = [_notes(folder / place) for place in read.paths]
    # A copy under another name tells the source of what is kept: so they are found before it goes.
    sources = find_sources(read.paths, [taken for _, taken in notes], [c[:2] for c in copies])
    sources = np.unique(sources[kept], return_inverse=True)[1]
    for new, old in enumerate(kept):  # in place: a second array might not fit
        read.images[new] = read.images[old]
    return Audit(
        images=read.images[: len(kept)],
        labels=np.searchsorted(present, read.labels[kept]),
        class_names=tuple(read.class_names[k] for k in present),
        paths=paths,
        sources=sources,
        source_names=tuple(paths[np.argmax(sources == s)] for s in sources),
        unusable=tuple(unusable),
        converted=tuple((read.paths[i], "; ".join(notes[i][0])) for i in kept if notes[i][0]),
    )


def find_sources(paths, taken, copies=()):
    """Say which pictures come from one source, and must stay together.

    Together belong: what has the same name before `__` (`tower__1.jpg`, `tower__2.jpg`), in
    whatever class; what was shot within a minute of each other in one class; copies.

    Args:
        paths: n strings such as "cat/tom__1.jpg".
        taken: n times, in seconds, at which they were shot; None where the file does not say.
        copies: pairs of positions that show the same picture.

    Returns:
        ndarray: n numbers from 0 on, equal for pictures of one source, in order of appearance.
    """
    parent = list(range(len(paths)))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    def join(i, j):
        a, b = sorted((root(i), root(j)))
        parent[b] = a

    first = {}
    for i, place in enumerate(paths):
        name = Path(place).name
        if "__" in name:
            join(first.setdefault(name.split("__")[0], i), i)
    shots = sorted((Path(p).parent.name, t, i) for i, (p, t) in enumerate(zip(paths, taken)) if t)
    for (class_a, time_a, i), (class_b, time_b, j) in zip(shots, shots[1:]):
        if class_a == class_b and time_b - time_a <= BURST:
            join(i, j)
    for i, j in copies:
        join(i, j)
    roots = [root(i) for i in range(len(paths))]
    number = {r: n for n, r in enumerate(dict.fromkeys(roots))}
    return np.array([number[r] for r in roots], dtype=int)


def folds_by_source(labels, sources, num_folds=3, seed=0, class_names=None):
    """Deal the pictures to folds: each source whole in one fold, each class in every fold.

    Class by class, the sources are shuffled and dealt, each to the fold that holds the fewest
    pictures of the class so far. (Where a source shows two classes, a class may be missing in a
    fold; but each is in at least two, so that it can be learned and tested.)

    Args:
        labels: n class numbers.
        sources: n source numbers. A source that shows two classes stays whole, too.
        num_folds: at least 2; fewer are made where a class has fewer sources.
        seed: the same seed gives the same folds.
        class_names: for the message; None: the class's number is named.

    Returns:
        ndarray: n fold numbers, from 0 on.

    Raises:
        PictureError: if there are fewer than two classes, or a class comes from one source only,
            or two classes share their sources so that none can be kept apart.
    """
    labels, sources = np.asarray(labels, int), np.asarray(sources)
    names = class_names or [str(k) for k in range(labels.max(initial=-1) + 1)]
    classes = np.unique(labels)
    if len(classes) < 2:
        raise PictureError("one class only: a classifier needs at least two; add a class's folder")
    counts = {k: len(set(sources[labels == k])) for k in classes}
    poor = [f"{names[k]} ({np.sum(labels == k)} pictures)" for k in classes if counts[k] < 2]
    if poor:
        raise PictureError(
            f"from one source only: {', '.join(poor)}. What is held out of it is learned as well, "
            "or nothing is left to learn. Take pictures of it at another place or on another day"
        )
    num_folds = min(num_folds, *counts.values())
    random = np.random.default_rng(seed)
    fold_of = {}
    for k in sorted(classes, key=lambda k: counts[k]):
        held = np.zeros(num_folds)
        mine = random.permutation(np.unique(sources[labels == k]))
        for source in sorted(mine, key=lambda s: s not in fold_of):  # those dealt already first
            fold = fold_of.setdefault(source, int(held.argmin()))
            held[fold] += np.sum((sources == source) & (labels == k))
    folds = np.array([fold_of[s] for s in sources])
    if any(len(set(folds[labels == k])) < 2 for k in classes):
        raise PictureError("two classes share their sources: no split keeps both apart")
    return folds


def near_copies(images):
    """Return pairs (i, j) of pictures that are the same but for size, format and compression.

    Their average hashes differ in at most 2 of 64 bits, and their pixels, made 32×32, by little.

    Args:
        images: uint8 array of shape (n, size, size, 3).

    Returns:
        list: pairs of positions, i < j.
    """
    if len(images) < 2:
        return []
    small = np.stack([cut_square(image / 255, 32) for image in images])
    signs = 2.0 * average_hash(small) - 1  # (n, 64): different bits are products of -1
    pairs = []
    for i in range(len(signs) - 1):
        bits = (64 - signs[i + 1 :] @ signs[i]) / 2
        for j in i + 1 + np.flatnonzero(bits <= MOST_BITS):
            if np.abs(small[i] - small[j]).mean() <= NEAR * small[i].std():
                pairs.append((i, int(j)))
    return pairs


def average_hash(images, parts=8):
    """Return for each picture parts² bits: brighter than the picture's mean or not.

    Args:
        images: array of shape (n, height, width, 3), height and width divisible by `parts`.
        parts: number of rows and columns of parts.

    Returns:
        ndarray: bool array of shape (n, parts²).
    """
    n, height, width, _ = images.shape
    grey = images.mean(axis=-1)
    blocks = grey.reshape(n, parts, height // parts, parts, width // parts)
    means = blocks.mean(axis=(2, 4)).reshape(n, -1)  # (n, parts²)
    return means > means.mean(axis=1, keepdims=True)


# ---------------------------------------------------------------- one file


def _square(picture, size):
    height, width = picture.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise ValueError(f"tiny: {width}×{height} pixels; at least {LEAST_SIDE} each way needed")
    if picture.std() < 0.002:
        raise ValueError("blank: all its pixels are alike")
    return (255 * cut_square(picture, size)).round().astype("uint8")


def _short(place, reason):
    """Return a reason without the file's name in front, which stands there already."""
    name = Path(place).name
    if reason.endswith("; only the first is opened"):
        return reason.split(";")[0].removeprefix(f"{name} ") + ": save the one that you mean"
    return reason.removeprefix(f"{name} is ").removeprefix(f"{name} ")


def _notes(path):
    """Return (what of the file is not used as it is, when it was shot in seconds or None)."""
    from PIL import Image

    what = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as file:
            exif = file.getexif()
            ending = path.suffix.lower().removeprefix(".")
            if ending not in ENDINGS.get(file.format, (file.format.lower(),)):
                what.append(f"a {file.format} in spite of its ending")
            if exif.get(TURNED, 1) != 1:
                what.append("turned upright, as its EXIF note says")
            if file.mode == "CMYK":
                what.append("printing inks (CMYK) made red, green and blue")
            if file.mode == "F" or file.mode.startswith("I"):
                what.append("more than 8 bits scaled to 0 … 1")
            if "A" in file.mode or "transparency" in file.info:
                kind = "palette looked up, " if file.mode == "P" else ""
                what.append(f"{kind}transparent parts laid on white")
            elif file.mode == "P":
                what.append("palette looked up")
            if file.width * file.height > Image.MAX_IMAGE_PIXELS:
                what.append(f"huge ({file.width:,}×{file.height:,}): read at a smaller scale")
            return what, _seconds(exif)


def _seconds(exif):
    import calendar
    import time

    text = str(exif.get_ifd(EXIF_PART).get(TAKEN, ""))
    try:
        return calendar.timegm(time.strptime(text, "%Y:%m:%d %H:%M:%S"))
    except ValueError:
        return None


# ---------------------------------------------------------------- copies


def _copies(folder, read):
    """Return (i, j, "copy" or "near duplicate") for positions i < j that show the same."""
    of_bytes, pairs = {}, []
    for j, place in enumerate(read.paths):
        with (folder / place).open("rb") as file:
            i = of_bytes.setdefault(hashlib.file_digest(file, "sha256").digest(), j)
        if i != j:
            pairs.append((i, j, "copy"))
    known = {(i, j) for i, j, _ in pairs}
    near = [pair for pair in near_copies(read.images) if pair not in known]
    return pairs + [(i, j, "near duplicate") for i, j in near]


def _made_unusable(copies, read):
    """Return {position: reason} of the pictures that copies make unusable."""
    unusable = {}
    for i, j, _ in copies:
        if read.labels[i] != read.labels[j]:
            for one, other in ((i, j), (j, i)):
                unusable[one] = f"the same picture as {read.paths[other]}: decide on its class"
    for i, j, kind in copies:
        if read.labels[i] == read.labels[j]:
            unusable.setdefault(j, f"a {kind} of {read.paths[i]}")
    return unusable


def _too_few_classes(folder, read, present, unusable):
    left = read.class_names[present[0]] if present else "nothing"
    listed = "".join(f"\n  {place}: {reason}" for place, reason in unusable[:10])
    return (
        f"{folder.name}: of its classes only {left} holds a usable picture; a classifier needs at "
        f"least two classes: make a folder for each{listed}"
    )
