"""The ImageNet network: its weights are read whole and safely; it names the photos that ship."""

import io
import pickle

import numpy as np
import pytest
import skimage.data
from PIL import Image
from sklearn.datasets import load_sample_images

from utils import imagenet
from utils.imagenet import (
    CLASS_NAMES,
    build_efficientnet_lite0,
    load_network,
    name_picture,
    name_pictures,
    picture_features,
    prepare,
    read_weights,
)
from utils.pictures import PictureError

CATS = {"Egyptian cat", "tiger cat", "tabby"}


# ---------------------------------------------------------------- the weights and the network


def test_the_file_holds_the_arrays_of_the_network():
    weights = read_weights()
    assert len(weights) == 247  # 296 in the file, 49 of them counters of batches
    assert sum(array.size for array in weights.values()) == 4_694_024
    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert weights["_fc.weight"].shape == (1000, 1280)
    assert {array.dtype for array in weights.values()} == {np.dtype("float32")}
    assert all(np.isfinite(array).all() for array in weights.values())


def test_the_arrays_have_their_sums():
    weights = read_weights()
    total = sum(np.abs(array).sum(dtype="float64") for array in weights.values())
    assert total == pytest.approx(742_006.912, rel=1e-6)
    assert weights["_fc.bias"].sum(dtype="float64") == pytest.approx(-0.049817, abs=1e-5)
    variances = [array for name, array in weights.items() if name.endswith("running_var")]
    assert all((array >= 0).all() for array in variances)


def test_the_loaded_network_holds_the_file_s_numbers():
    network = load_network()
    assert network.count_params() == 4_694_024
    weights = read_weights()
    kernel = network.get_layer("stem_conv").get_weights()[0]  # (height, width, in, out)
    np.testing.assert_array_equal(kernel[2, 1, 0, 5], weights["_conv_stem.weight"][5, 0, 2, 1])
    depthwise = network.get_layer("block1a_depthwise_conv").get_weights()[0]
    expected = weights["_blocks.0._depthwise_conv.weight"]
    np.testing.assert_array_equal(depthwise[0, 2, 7, 0], expected[7, 0, 0, 2])
    dense = network.get_layer("predictions").get_weights()[0]
    np.testing.assert_array_equal(dense, weights["_fc.weight"].T)


def test_each_loaded_network_is_its_own():
    first, second = load_network(), load_network()
    dense = first.get_layer("predictions")
    dense.set_weights([0 * w for w in dense.get_weights()])
    assert np.any(second.get_layer("predictions").get_weights()[0])


def test_the_last_maps_are_averaged_to_the_features():
    network = build_efficientnet_lite0()
    assert network.get_layer("top_relu").output.shape == (None, 7, 7, 1280)
    assert network.get_layer("features").output.shape == (None, 1280)


def plan_file(*pickles):
    """Return the file that holds these objects, one pickle after the other."""
    return io.BytesIO(b"".join(pickle.dumps(p, protocol=2) for p in pickles))


class Runs:
    """Pickled, it asks for a function to be called."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("function", [print, eval, exec, __import__, np.load])
def test_no_code_from_the_file_is_run(function):
    with pytest.raises(pickle.UnpicklingError, match="the weights file asks for"):
        imagenet._PlanReader(plan_file(Runs(function, "1"))).load()


def test_an_array_beyond_its_numbers_is_refused():
    storage = imagenet._Storage("<f4", "a")
    numbers = np.arange(6, dtype="float32")
    for offset, shape, strides in [(0, (2, 4), (4, 1)), (3, (2, 2), (2, 1)), (0, (2,), (-1,))]:
        with pytest.raises(pickle.UnpicklingError, match="beyond its numbers"):
            imagenet._laid_out(numbers, imagenet._Plan(storage, offset, shape, strides))
    turned = imagenet._laid_out(numbers, imagenet._Plan(storage, 0, (2, 3), (1, 2)))
    np.testing.assert_array_equal(turned, [[0, 2, 4], [1, 3, 5]])


def test_a_file_that_is_cut_off_is_refused():
    with pytest.raises(pickle.UnpicklingError, match="ends too early"):
        imagenet._read_numbers(io.BytesIO(np.int64(9).tobytes() + b"1234"), "<f4")


# ---------------------------------------------------------------- names


def test_there_are_a_thousand_names():
    assert len(CLASS_NAMES) == 1000
    assert (CLASS_NAMES[0], CLASS_NAMES[999]) == ("tench", "toilet tissue")
    assert all(name.strip() == name and name for name in CLASS_NAMES)


@pytest.fixture(scope="module")
def photos():
    china, flower = load_sample_images().images
    names = ("camera", "coffee", "chelsea", "astronaut")
    return {name: getattr(skimage.data, name)() for name in names} | {
        "motorcycle": skimage.data.stereo_motorcycle()[0],
        "flower": flower,
        "china": china,
    }


@pytest.mark.parametrize(
    "photo, names, least",
    [
        ("camera", {"tripod"}, 0.8),
        ("coffee", {"espresso"}, 0.8),
        ("chelsea", CATS, 0.3),
        ("motorcycle", {"moped"}, 0.5),
        ("flower", {"daisy"}, 0.15),
        ("china", {"palace"}, 0.2),
    ],
)
def test_the_photos_that_ship_are_named(photos, photo, names, least):
    name, probability = name_picture(photos[photo], top=1)[0]
    assert name in names
    assert probability >= least


def test_the_three_first_names_of_the_cat_are_cats(photos):
    assert {name for name, _ in name_picture(photos["chelsea"], top=3)} == CATS


def test_probabilities_fall_and_sum_to_1(photos):
    probabilities = [p for _, p in name_picture(photos["coffee"], top=1000)]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_a_batch_is_answered_as_single_pictures_are(photos):
    together = name_pictures(list(photos.values()), top=3)
    for names, photo in zip(together, photos.values()):
        for (name, p), (single_name, single_p) in zip(names, name_picture(photo, top=3)):
            assert name == single_name
            assert p == pytest.approx(single_p, abs=1e-4)
    alone = picture_features([photos["coffee"]])
    np.testing.assert_allclose(picture_features(list(photos.values()))[1:2], alone, atol=1e-4)


def test_more_pictures_than_a_batch_keep_their_order(photos):
    pictures = [photos["coffee"]] + [photos["camera"]] * imagenet.BATCH
    names = [names[0][0] for names in name_pictures(pictures, top=1)]
    assert names == ["espresso"] + ["tripod"] * imagenet.BATCH


def test_features_describe_each_picture(photos):
    found = picture_features([photos["coffee"], photos["camera"]])
    assert (found.shape, found.dtype) == ((2, 1280), np.float32)
    assert found.min() >= 0 and found.max() <= 6
    assert picture_features([]).shape == (0, 1280)
    assert name_pictures([]) == []


def test_a_path_is_opened(tmp_path, photos):
    path = tmp_path / "photo.png"
    Image.fromarray(photos["coffee"]).save(path)
    assert name_picture(path)[0][0] == name_picture(str(path))[0][0] == "espresso"
    with pytest.raises(PictureError, match="there is no file"):
        name_picture(tmp_path / "other.png")


# ---------------------------------------------------------------- preparation


def test_prepare_cuts_the_middle_square_and_scales():
    picture = np.zeros((100, 300, 3), dtype="uint8")
    picture[:, 100:200] = 255  # the middle square is white
    np.testing.assert_allclose(prepare(picture), 1)
    np.testing.assert_allclose(prepare(0 * picture), -127 / 128)
    assert prepare(picture).shape == (224, 224, 3)
    assert prepare(picture).dtype == np.float32


def test_floats_and_whole_numbers_give_the_same(photos):
    photo = photos["coffee"]
    np.testing.assert_array_equal(prepare(photo / 255), prepare(photo))


def test_grey_pictures_get_three_equal_channels(photos):
    camera = photos["camera"]
    flat, deep = prepare(camera), prepare(camera[..., np.newaxis])
    np.testing.assert_array_equal(flat, deep)
    np.testing.assert_array_equal(flat[..., 0], flat[..., 2])


@pytest.mark.parametrize(
    "picture, message",
    [
        (np.zeros((5, 5, 4)), "has the shape"),
        (np.zeros((2, 5, 5, 3)), "has the shape"),
        (np.zeros(7), "has the shape"),
        (np.zeros((0, 5, 3)), "has the shape"),
        (np.full((5, 5, 3), 200.0), "divide 0 … 255 by 255"),
        (np.full((5, 5, 3), np.nan), r"must lie in \[0, 1\]"),
        (np.full((5, 5, 3), -0.1), r"must lie in \[0, 1\]"),
        (np.zeros((5, 5, 3), dtype="int64"), "not int64"),
        (np.zeros((5, 5, 3), dtype=bool), "not bool"),
    ],
)
def test_what_is_no_picture_is_named(picture, message):
    with pytest.raises(ValueError, match=message):
        name_picture(picture)


@pytest.mark.parametrize("top", [0, 1001, -1, 2.5, True, "5", None])
def test_top_must_be_possible(top):
    with pytest.raises(ValueError, match="from 1 to 1000"):
        name_picture(np.zeros((5, 5, 3)), top=top)


@pytest.mark.parametrize("pictures", ["photo.png", np.zeros((5, 5, 3))])
def test_several_pictures_are_asked_for_as_a_list(pictures):
    for function in (name_pictures, picture_features):
        with pytest.raises(ValueError, match="several pictures as a list"):
            function(pictures)
