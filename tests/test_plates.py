"""Made plates: the same for the same seed, the truth where the ink is, as bad as asked."""

import re

import numpy as np
import pytest
from PIL import Image

from utils.plates import PLATE_FONTS, PLATE_LETTERS, Plates, make_plates, make_texts

CLEAN = {"tilt": 0, "dirt": 0, "light": 0, "blur": 0}
SEVERITIES = tuple(CLEAN)


def straighten(image, corners, size):
    """Return what lies between four corners (row, column), as an array of size (height, width)."""
    height, width = size
    goal = np.array([[0, 0], [width, 0], [width, height], [0, height]])  # (x, y)
    rows = []
    for (x, y), (row, column) in zip(goal, corners):
        rows.append([x, y, 1, 0, 0, 0, -x * column, -y * column])
        rows.append([0, 0, 0, x, y, 1, -x * row, -y * row])
    back = np.linalg.solve(np.array(rows, dtype="float64"), corners[:, ::-1].ravel())
    picture = Image.fromarray(image[..., 0])
    how = Image.Transform.PERSPECTIVE, back, Image.Resampling.BILINEAR
    return np.asarray(picture.transform((width, height), *how))


# ---------------------------------------------------------------- texts


def test_texts_follow_the_pattern_and_differ():
    texts = make_texts(3_000)
    assert len(set(texts)) == 3_000
    allowed = f"[{PLATE_LETTERS}]"
    assert all(re.fullmatch(f"{allowed}{{2}}[0-9]{{2}}{allowed}{{3}}", text) for text in texts)
    assert not set("IOQ") & set("".join(texts))


def test_every_character_comes_equally_often_at_every_place():
    texts = np.array([list(text) for text in make_texts(23_000)])
    for place, choices in enumerate([23, 23, 10, 10, 23, 23, 23]):
        _, counts = np.unique(texts[:, place], return_counts=True)
        assert len(counts) == choices
        np.testing.assert_allclose(counts, 23_000 / choices, rtol=0.15)


def test_all_texts_of_a_pattern_can_be_had():
    assert sorted(make_texts(10, "0")) == list("0123456789")
    assert sorted(make_texts(4, "AA", letters="IO")) == ["II", "IO", "OI", "OO"]


def test_texts_repeat_by_seed():
    assert make_texts(5, seed=1) == make_texts(5, seed=1) != make_texts(5, seed=2)


@pytest.mark.parametrize(
    ("count", "pattern", "letters", "says"),
    [
        (1, "AB", "ABC", "A .a letter. or 0"),
        (1, "", "ABC", "1 to 10 times"),
        (1, "A" * 11, "ABC", "1 to 10 times"),
        (0, "A0", "ABC", "ask for 1 to so many, not 0"),
        (31, "A0", "ABC", "there are 30 texts of the pattern 'A0'"),
        (1, "A0", "", "characters is empty"),
        (1, "A0", "Ä", "not 'Ä'"),
    ],
)
def test_texts_that_cannot_be_drawn_are_refused(count, pattern, letters, says):
    with pytest.raises(ValueError, match=says):
        make_texts(count, pattern, letters=letters)


# ---------------------------------------------------------------- photos


@pytest.fixture(scope="module")
def street():
    return make_plates(60, seed=1)


@pytest.fixture(scope="module")
def tilted():
    return make_plates(40, **CLEAN | {"tilt": 1}, seed=2)


def test_photos_hold_what_they_promise(street):
    assert isinstance(street, Plates)
    assert street.images.shape == (60, 96, 192, 1) and street.images.dtype == np.float32
    assert street.images.min() >= 0 and street.images.max() <= 1
    assert len(street.texts) == len(set(street.texts)) == 60
    assert street.corners.shape == (60, 4, 2)
    assert all(corners.shape == (7, 4, 2) for corners in street.character_corners)
    assert set(street.severities) == set(SEVERITIES)
    assert repr(street) == "60 photos of 96×192 with a plate in each"


def test_photos_repeat_by_seed(street):
    again, other = make_plates(60, seed=1), make_plates(60, seed=3)
    np.testing.assert_array_equal(street.images, again.images)
    np.testing.assert_array_equal(street.corners, again.corners)
    assert street.texts == again.texts
    assert np.abs(street.images - other.images).mean() > 0.05


def test_every_plate_lies_in_its_photo_with_its_characters_inside(street):
    assert street.corners.min() >= 2 - 1e-9
    assert (street.corners <= [94 + 1e-9, 190 + 1e-9]).all()
    for plate, characters in zip(street.corners, street.character_corners):
        sides = np.roll(plate, -1, axis=0) - plate  # (4, 2), as one goes round
        for corner in characters.reshape(-1, 2):
            away = corner - plate
            assert (sides[:, 1] * away[:, 0] - sides[:, 0] * away[:, 1] > 0).all()


def test_corners_go_round_as_one_reads(tilted):
    upper_left, upper_right, lower_right, lower_left = np.moveaxis(tilted.corners, 1, 0)
    assert (upper_left[:, 1] < upper_right[:, 1]).all()
    assert (lower_left[:, 1] < lower_right[:, 1]).all()
    assert (upper_left[:, 0] < lower_left[:, 0]).all()
    assert (upper_right[:, 0] < lower_right[:, 0]).all()


def test_characters_stand_in_the_order_of_the_text(tilted):
    for corners in tilted.character_corners:
        assert (np.diff(corners.mean(axis=1)[:, 1]) > 0).all()


def test_the_corners_enclose_the_plate_to_a_pixel(tilted):
    """Straightened, the outermost line is the plate's dark rim; a little inside all is paper."""
    for image, corners in zip(tilted.images, tilted.corners):
        plate = straighten(image, corners, (60, 322))
        paper = np.median(np.concatenate([plate[5, 40:-10], plate[-6, 40:-10]]))
        for rim in (plate[0, 40:-10], plate[-1, 40:-10], plate[10:-10, -1]):
            assert paper > np.median(rim) + 0.2
        band = plate[10:-10, 2:20]
        assert band.max() - band.min() < 0.3  # nothing of the street shows at the left end


def test_a_gap_stands_after_the_fourth_character():
    for corners in make_plates(5, fonts=["DejaVuSansMono"], tilt=0).character_corners:
        steps = np.diff(corners.mean(axis=1)[:, 1])
        assert steps.argmax() == 3
        assert steps[3] > 1.2 * np.delete(steps, 3).max()


@pytest.mark.parametrize("font", PLATE_FONTS)
def test_straightened_characters_can_be_read(font):
    """The nearest of the clean drawings is mostly the right one, in every font."""
    from utils.fonts import draw_character

    plates = make_plates(12, fonts=[font], **CLEAN | {"tilt": 1}, seed=4)
    names = PLATE_LETTERS + "0123456789"
    drawings = [draw_character(name, font).resize((16, 24)) for name in names]
    known = np.array([np.asarray(drawing, dtype="float32").ravel() for drawing in drawings])
    seen = np.array(
        [
            -straighten(image, corners, (24, 16)).ravel()
            for image, characters in zip(plates.images, plates.character_corners)
            for corners in characters
        ]
    )
    known, seen = (
        (rows - rows.mean(axis=1, keepdims=True)) / rows.std(axis=1, keepdims=True)
        for rows in (known, seen)
    )
    read = [names[index] for index in (seen @ known.T).argmax(axis=1)]
    assert np.mean(np.array(read) == list("".join(plates.texts))) > 0.9


def test_texts_are_shown_equally_often():
    plates = make_plates(9, ["A1", "KL234", "0123456789"], seed=1)
    assert sorted(plates.texts) == ["0123456789"] * 3 + ["A1"] * 3 + ["KL234"] * 3
    assert [len(c) for c in plates.character_corners] == [len(text) for text in plates.texts]


@pytest.mark.parametrize("size", [(48, 96), (96, 96), (128, 256)])
def test_photos_come_in_other_sizes(size):
    plates = make_plates(3, size=size)
    assert plates.images.shape == (3, *size, 1)
    assert (plates.corners <= size).all()


def test_a_plate_as_high_as_the_photo_still_fits():
    corners = make_plates(200, ["1"], size=(48, 96)).corners
    assert corners.min() >= 2 - 1e-9 and corners[..., 0].max() <= 46 + 1e-9
    assert np.ptp(corners[..., 0], axis=1).max() == pytest.approx(44)


# ---------------------------------------------------------------- severities


def test_a_pair_draws_severities_between_and_a_number_sets_them():
    plates = make_plates(200, tilt=(0.2, 0.6), dirt=0.5, size=(48, 96))
    assert 0.2 <= plates.severities["tilt"].min() < 0.25
    assert 0.55 < plates.severities["tilt"].max() <= 0.6
    assert (plates.severities["dirt"] == 0.5).all()
    assert plates.severities["light"].max() > 0.9


def test_without_tilt_plates_are_upright_rectangles():
    corners = make_plates(10, tilt=0).corners
    np.testing.assert_allclose(corners[:, 0, 0], corners[:, 1, 0])
    np.testing.assert_allclose(corners[:, 0, 1], corners[:, 3, 1])
    np.testing.assert_allclose(corners[:, 2, 0], corners[:, 3, 0])


def test_more_tilt_turns_the_plates_further():
    def slopes(tilt):
        across = np.diff(make_plates(60, tilt=tilt).corners[:, :2], axis=1)[:, 0]  # upper edges
        return np.abs(across[:, 0] / across[:, 1])

    assert slopes(0.5).mean() < slopes(1).mean()
    assert 0.3 < slopes(1).max() < 0.7


def test_tilt_turns_the_plate_in_the_picture_by_up_to_a_quarter_radian():
    corners = make_plates(300, tilt=1, size=(48, 96), seed=7).corners
    ends = corners[:, [1, 2]].mean(axis=1) - corners[:, [0, 3]].mean(axis=1)  # left to right
    angles = np.arctan2(ends[:, 0], ends[:, 1])
    assert abs(angles.mean()) < 0.03
    assert 0.25 / np.sqrt(3) < angles.std() < 0.25  # roll alone is even from -0.25 to 0.25


def test_light_makes_some_photos_dark_and_some_partly():
    clear, bad = (make_plates(60, **CLEAN | {"light": s}, seed=8).images for s in (0, 1))
    left = bad.mean(axis=(1, 2, 3)) / clear.mean(axis=(1, 2, 3))
    assert np.mean(left < 0.3) > 0.2  # at night
    assert left.max() > 1  # with a reflection
    assert np.mean((left > 0.3) & (left < 0.9)) > 0.15  # in a shadow


def test_dust_takes_contrast_where_there_is_no_mud():
    clear, dusty = (make_plates(20, **CLEAN | {"dirt": d}, seed=9) for d in (0, 1))
    for before, after, corners in zip(clear.images, dusty.images, clear.corners):
        plates = [straighten(image, corners, (30, 150))[:, 20:] for image in (before, after)]
        contrasts = [np.ptp(np.quantile(plate, [0.02, 0.98])) for plate in plates]
        assert contrasts[1] < 0.75 * contrasts[0]


@pytest.mark.parametrize("name", ["dirt", "light", "blur"])
def test_each_severity_changes_the_photo_more_and_more_and_moves_nothing(name):
    clean, slight, heavy = (make_plates(30, **CLEAN | {name: s}, seed=5) for s in (0, 0.3, 1))
    np.testing.assert_array_equal(clean.corners, heavy.corners)
    assert clean.texts == heavy.texts
    changes = [np.abs(other.images - clean.images).mean() for other in (slight, heavy)]
    assert 0 < changes[0] < 0.7 * changes[1]


def test_dirt_stays_on_the_plate():
    clean, dirty = (make_plates(10, **CLEAN | {"dirt": d}, seed=6) for d in (0, 1))
    for before, after, corners in zip(clean.images, dirty.images, clean.corners):
        top, left = np.floor(corners.min(axis=0)).astype(int) - 1
        bottom, right = np.ceil(corners.max(axis=0)).astype(int) + 1
        outside = np.ones((96, 192), dtype=bool)
        outside[top:bottom, left:right] = False
        np.testing.assert_array_equal(before[outside], after[outside])
        assert np.abs(after - before).max() > 0.2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"count": 0}, "count must be at least 1"),
        ({"clutter": -1}, "clutter at least 0"),
        ({"size": (40, 96)}, r"not \(40, 96\)"),
        ({"size": (90, 192)}, "at least half the width"),
        ({"size": (100, 90)}, r"at least \(48, 96\)"),
        ({"fonts": ["Comic"]}, "not .'Comic'"),
        ({"texts": "AB12"}, "a list of strings"),
        ({"texts": []}, "a list of strings"),
        ({"texts": [""]}, "1 to 10 characters, not ''"),
        ({"texts": ["A" * 11]}, "1 to 10 characters"),
        ({"texts": [12]}, "not 12"),
        ({"texts": ["AB 12"]}, "not ' '"),
        ({"tilt": 1.5}, "tilt is a number from 0 to 1"),
        ({"dirt": -0.1}, "dirt is a number"),
        ({"light": (0.5, 0.2)}, "light is a number from 0 to 1 or a pair"),
        ({"blur": np.nan}, "blur is"),
    ],
)
def test_what_cannot_be_photographed_is_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        make_plates(**{"count": 2} | arguments)
