"""The corruption suite: five severities of each damage, the same for the same seed."""

import numpy as np
import pytest

from utils.corruptions import CORRUPTIONS, SEVERITIES, corrupt


@pytest.fixture(scope="module")
def images():
    """Bright bars on black, (6, 24, 20, 3), and one image that is all black."""
    images = np.zeros((6, 24, 20, 3), dtype="float32")
    for index, image in enumerate(images[:-1]):
        image[4:20, 3 + index : 9 + index] = [1, 0.8, 0.6]
    return images


every_corruption = pytest.mark.parametrize("corruption", CORRUPTIONS)


def test_the_suite_is_as_large_as_promised():
    assert len(CORRUPTIONS) >= 8
    assert all(len(strengths) == len(SEVERITIES) == 5 for _, strengths in CORRUPTIONS.values())


@every_corruption
@pytest.mark.parametrize("severity", SEVERITIES)
def test_corrupted_images_are_images_of_the_same_kind(images, corruption, severity):
    kept = images.copy()
    damaged = corrupt(images, corruption, severity)
    assert damaged.shape == images.shape and damaged.dtype == np.float32
    assert damaged.min() >= 0 and damaged.max() <= 1
    np.testing.assert_array_equal(images, kept)


@every_corruption
def test_each_severity_does_more_damage_than_the_one_before(images, corruption):
    many = np.repeat(images[:-1], 40, axis=0)
    damage = [np.abs(corrupt(many, corruption, s) - many).mean() for s in SEVERITIES]
    assert damage[0] > 0.005
    assert all(np.diff(damage) > 0)


@every_corruption
def test_the_same_seed_does_the_same_damage(images, corruption):
    once, again = (corrupt(images, corruption, 3, seed=1) for _ in range(2))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize(
    "corruption",
    ["gaussian noise", "shot noise", "impulse noise", "motion", "uneven light", "occlusion"],
)
def test_another_seed_does_other_damage(images, corruption):
    once, other = (corrupt(images, corruption, 3, seed=seed) for seed in (1, 2))
    assert np.abs(once - other).max() > 0.1


@every_corruption
def test_one_channel_and_one_image_are_enough(images, corruption):
    assert corrupt(images[:1, ..., :1], corruption, 5).shape == (1, 24, 20, 1)


def test_damages_do_what_their_names_say():
    edge = np.zeros((1, 20, 20, 1))
    edge[:, :, 10:] = 0.5
    np.testing.assert_allclose(corrupt(edge, "brightness", 2), edge + 0.3, atol=1e-6)
    weak = corrupt(edge, "contrast", 2)
    assert weak.max() - weak.min() == pytest.approx(0.4 * 0.5, abs=1e-6)
    assert weak.mean() == pytest.approx(edge.mean(), abs=1e-6)
    hidden = corrupt(np.zeros((1, 20, 20, 1)), "occlusion", 4)
    assert (hidden == 0.5).sum() == 10 * 10
    flipped = corrupt(np.full((50, 20, 20, 1), 0.5), "impulse noise", 5)
    assert np.mean(flipped != 0.5) == pytest.approx(0.4, abs=0.02)
    noisy = corrupt(np.full((50, 20, 20, 1), 0.5), "gaussian noise", 1)
    assert noisy.std() == pytest.approx(0.1, abs=0.005)
    grainy = corrupt(np.full((50, 20, 20, 1), 0.5), "shot noise", 1)
    assert grainy.std() == pytest.approx(np.sqrt(0.5 / 30), abs=0.005)
    coarse = corrupt(np.random.default_rng(0).random((1, 20, 20, 1)), "pixelate", 1)[0, ..., 0]
    np.testing.assert_array_equal(coarse[::2, ::2], coarse[1::2, 1::2])


def test_a_severity_may_be_any_number_that_equals_one(images):
    expected = corrupt(images, "contrast", 3)
    np.testing.assert_array_equal(corrupt(images, "contrast", np.float64(3)), expected)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rain", 1), "no corruption 'rain'; valid: gaussian noise"),
        (("jpeg", 6), "severity must be one of"),
        (("jpeg", 0), "severity must be one of"),
    ],
)
def test_unknown_names_and_severities_are_refused(images, arguments, says):
    with pytest.raises(ValueError, match=says):
        corrupt(images, *arguments)


def test_other_shapes_and_ranges_are_refused(images):
    with pytest.raises(ValueError, match="height, width, channels"):
        corrupt(images[0], "jpeg", 1)
    with pytest.raises(ValueError, match="divide"):
        corrupt(images * 255, "jpeg", 1)
    with pytest.raises(ValueError, match="divide"):
        corrupt(np.full((1, 8, 8, 1), np.nan), "jpeg", 1)
