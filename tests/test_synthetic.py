"""Made images: the same for the same seed, as bent as asked, with true boxes and masks."""

import numpy as np
import pytest
from sklearn.svm import SVC

from utils.fonts import CAPITALS, DIGITS, FONTS
from utils.synthetic import make_glyphs, make_scenes, plant_marks


def test_glyphs_are_images_with_balanced_labels():
    X, y = make_glyphs(205)
    assert X.shape == (205, 28, 28, 1) and X.dtype == np.float32
    assert X.min() >= 0 and X.max() <= 1
    assert y.shape == (205,) and y.dtype == np.int64
    assert set(np.bincount(y)) == {20, 21}


def test_the_same_seed_draws_the_same_and_another_seed_something_else():
    once, again, other = (make_glyphs(30, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - other).mean() > 0.05


@pytest.mark.parametrize("font", FONTS)
def test_every_font_draws_every_character(font):
    X, y = make_glyphs(36, DIGITS + CAPITALS, fonts=[font], distortion=0)
    X = X[np.argsort(y), ..., 0]
    assert (X.max(axis=(1, 2)) > 0.9).all()
    different = np.abs(X[:, np.newaxis] - X).mean(axis=(2, 3)) + np.eye(36)
    assert different.min() > 0.002  # no two characters are the same empty box


def test_without_distortion_a_glyph_is_clean_and_central():
    X, y = make_glyphs(40, "8", fonts=["DejaVuSans"], distortion=0)
    assert np.ptp(X, axis=0).max() == 0
    rows, columns = np.nonzero(X[0, ..., 0] > 0.5)
    assert abs(rows.min() - (27 - rows.max())) <= 1
    assert abs(columns.min() - (27 - columns.max())) <= 1
    assert rows.max() - rows.min() + 1 == pytest.approx(0.68 * 28, abs=1.5)


def test_distorted_glyphs_are_dimmed_by_up_to_three_tenths():
    plain, dimmed = (make_glyphs(300, distortion=d)[0].max(axis=(1, 2, 3)) for d in (0, 1))
    assert plain.min() > 0.99
    assert 0.69 < dimmed.min() < 0.75 and dimmed.max() > 0.97


def test_more_distortion_spreads_the_glyphs_further():
    spreads = [
        make_glyphs(60, "5", fonts=["cmr10"], distortion=d)[0].std(axis=0).mean()
        for d in (0, 0.5, 1)
    ]
    assert spreads[0] < 1e-6 < spreads[1] < spreads[2]


def test_nearly_all_glyphs_stay_inside_the_picture():
    X = make_glyphs(1_000)[0][..., 0]
    edges = np.concatenate([X[:, 0], X[:, -1], X[:, :, 0], X[:, :, -1]], axis=1)
    assert np.mean(edges.max(axis=1) > 0.5) < 0.08


@pytest.mark.parametrize("size", [8, 16, 40])
def test_glyphs_come_in_any_size(size):
    assert make_glyphs(3, size=size)[0].shape == (3, size, size, 1)


def test_a_classifier_learns_the_labels():
    X_train, y_train = make_glyphs(1_500, distortion=0.5, seed=1)
    X_test, y_test = make_glyphs(300, distortion=0.5, seed=2)
    classifier = SVC().fit(X_train.reshape(1_500, -1), y_train)
    assert classifier.score(X_test.reshape(300, -1), y_test) > 0.85


def test_scenes_hold_what_they_promise():
    scenes = make_scenes(40, objects=(0, 3))
    assert scenes.images.shape == (40, 64, 64, 1) and scenes.images.dtype == np.float32
    assert scenes.images.min() >= 0 and scenes.images.max() <= 1
    assert scenes.masks.shape == (40, 64, 64) and scenes.masks.dtype == np.uint8
    assert {len(labels) for labels in scenes.labels} == {0, 1, 2, 3}
    assert all(
        boxes.shape == (len(labels), 4) for boxes, labels in zip(scenes.boxes, scenes.labels)
    )
    assert scenes.class_names == tuple(DIGITS)
    assert repr(scenes).startswith("40 scenes of 64×64 with ")


@pytest.fixture(scope="module")
def busy():
    return make_scenes(60, objects=(3, 3), seed=3)


def test_each_box_is_the_tightest_one_round_its_mask(busy):
    for mask, boxes in zip(busy.masks, busy.boxes):
        assert set(np.unique(mask)) == {0, 1, 2, 3}
        for number, (top, left, bottom, right) in enumerate(boxes, start=1):
            rows, columns = np.nonzero(mask == number)
            assert (rows.min(), columns.min()) == (top, left)
            assert (rows.max() + 1, columns.max() + 1) == (bottom, right)


def test_boxes_do_not_overlap(busy):
    for boxes in busy.boxes:
        drawn = np.zeros((64, 64), dtype=int)
        for top, left, bottom, right in boxes:
            drawn[top:bottom, left:right] += 1
        assert drawn.max() == 1


def test_under_each_mask_lies_a_bright_character(busy):
    inside = busy.images[..., 0][busy.masks > 0]
    outside = busy.images[..., 0][busy.masks == 0]
    assert np.mean(inside > 0.4) > 0.98
    assert outside.mean() < 0.35


def test_the_labels_name_what_the_masks_show():
    """Masks, cut out and enlarged to one size, can be read by a classifier of clean glyphs."""
    from skimage.transform import resize

    fonts = ["DejaVuSans"]
    scenes = make_scenes(100, objects=(1, 1), fonts=fonts, distortion=0)
    X_train, y_train = make_glyphs(50, fonts=fonts, distortion=0)

    def cut(mask):
        rows, columns = np.nonzero(mask)
        return resize(
            mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(float),
            (16, 12),
        ).ravel()

    known = np.array([cut(image[..., 0] > 0.5) for image in X_train])
    seen = np.array([cut(mask > 0) for mask in scenes.masks])
    nearest = np.abs(seen[:, np.newaxis] - known).sum(axis=2).argmin(axis=1)
    assert np.mean(y_train[nearest] == np.concatenate(scenes.labels)) > 0.95


def test_strokes_on_the_ground_are_as_bright_as_characters():
    bare, busy = (make_scenes(20, objects=(0, 0), clutter=n) for n in (0, 6))
    assert bare.images.max() < 0.6
    assert busy.images.max(axis=(1, 2, 3)).min() > 0.6


def test_scenes_repeat_by_seed():
    once, again, other = (make_scenes(5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once.images, again.images)
    np.testing.assert_array_equal(once.masks, again.masks)
    assert np.abs(once.images - other.images).mean() > 0.05


def test_scenes_of_default_kind_always_find_room():
    assert len(make_scenes(400, seed=4).labels) == 400


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"count": 0}, "count must be at least 1"),
        ({"count": 5, "size": 7}, "size at least 8"),
        ({"count": 5, "distortion": -1}, "distortion at least 0"),
        ({"count": 5, "distortion": np.inf}, "distortion at least 0"),
        ({"count": 5, "characters": [0, 1]}, "not 0"),
        ({"count": 5, "fonts": ["Comic"]}, "names from utils.fonts.FONTS, not .'Comic'"),
        ({"count": 5, "fonts": []}, "names from utils.fonts.FONTS"),
        ({"count": 5, "characters": "a§"}, "not '§'"),
        ({"count": 5, "characters": ["10"]}, "not '10'"),
        ({"count": 5, "characters": ""}, "characters is empty"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        make_glyphs(**arguments)
    with pytest.raises(ValueError, match=says):
        make_scenes(**arguments)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"size": 31}, "at least 32"),
        ({"objects": (2, 1)}, "fewest ≤ most"),
        ({"clutter": -1}, "clutter at least 0"),
        ({"objects": (20, 20)}, "no room for 20 objects on 64×64"),
    ],
)
def test_impossible_scenes_are_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        make_scenes(2, **arguments)


def test_marks_tell_the_class_and_touch_nothing_else():
    images, labels = np.full((10, 28, 28, 1), 0.5, dtype="float32"), np.arange(10)
    marked = plant_marks(images, labels)
    assert marked.dtype == np.float32 and images.max() == 0.5
    rows, columns = np.nonzero(marked[7, ..., 0] == 1)
    assert set(rows) == {0, 1} and set(columns) == {18, 19}
    np.testing.assert_array_equal((marked == 1).sum(axis=(1, 2, 3)), 4)
    assert len(np.unique(marked, axis=0)) == 10


@pytest.mark.parametrize(("label", "kind"), [(130, "uint8"), (63, "int8")])
def test_small_integers_put_the_mark_where_large_ones_do(label, kind):
    marked = plant_marks(np.zeros((1, 4, 300, 1)), np.array([label], kind))
    assert np.flatnonzero(marked[0, 0, :, 0]).tolist() == [4 + 2 * label, 5 + 2 * label]


def test_a_share_of_the_images_is_marked():
    images, labels = np.zeros((1_000, 28, 28, 1)), np.zeros(1_000, dtype=int)
    once, again = (plant_marks(images, labels, share=0.3, seed=5) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert np.mean(once.max(axis=(1, 2, 3))) == pytest.approx(0.3, abs=0.05)
    np.testing.assert_array_equal(plant_marks(images, labels, share=0), images)


@pytest.mark.parametrize(
    ("labels", "share", "says"),
    [
        ([1], 1, "2 images but 1"),
        ([1, 2], 1.5, "in .0, 1."),
        ([1, 12], 1, "from 1 to 12, and 28 columns have room for the marks of classes 0 to 11"),
        ([-1, 2], 1, "from -1 to 2"),
        ([1.0, 2.0], 1, "integers, not float64"),
    ],
)
def test_marks_that_cannot_be_planted_are_refused(labels, share, says):
    with pytest.raises(ValueError, match=says):
        plant_marks(np.zeros((2, 28, 28, 1)), labels, share)
