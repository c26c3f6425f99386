"""A folder is audited, its sources are found, and it is split honestly or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from utils.example_photos import CROPS, example_sources, write_example
from utils.pictures import PictureError
from utils.project import audit_folder, average_hash, find_sources, folds_by_source, near_copies

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example") / "photos"
    write_example(folder)
    return folder


@pytest.fixture(scope="module")
def audit(example):
    return audit_folder(example, size=64)


def noise(seed, size=(80, 60)):
    """Return a picture of coloured blocks, different for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3)).astype("uint8")
    return Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)


def write(folder, **classes):
    """Write {class: names of files}, each another picture; return the folder."""
    number = 0
    for class_name, files in classes.items():
        (folder / class_name).mkdir(parents=True)
        for file in files:
            noise(number).save(folder / class_name / file)
            number += 1
    return folder


# ---------------------------------------------------------------- the audit


def test_every_planted_fault_is_named(audit):
    reasons = dict(audit.unusable)
    expected = {
        "people/broken.jpg": "damaged", "people/IMG_0008.jpg": "HEIC",
        "writing/notes.png": "a text file", "people/waves.gif": "holds 2 pictures: save the one",
        "ground/thumbnail.png": "tiny: 20×20", "ground/huge.png": "too large",
        "ground/sent.jpg": "a near duplicate of ground/gravel__3.jpg",
        "ground/brick__2.jpg": "a copy of ground/IMG_0001.jpg",
        "people/scan.jpg": "the same picture as writing/text__1.jpg",
        "writing/text__1.jpg": "the same picture as people/scan.jpg",
        "best.jpg": "in no class's folder", "__MACOSX/": "operating system",
        "people/.DS_Store": "operating system",
    }  # fmt: skip
    assert set(reasons) == set(expected)
    for place, words in expected.items():
        assert words in reasons[place]


def test_what_is_used_in_another_form_is_named_too(audit):
    what = dict(audit.converted)
    expected = {
        "ground/grass__inks.jpg": "CMYK", "ground/gravel__png.jpg": "a PNG in spite of its ending",
        "medicine/cell__16bit.png": "more than 8 bits",
        "people/astronaut__turned.jpg": "turned upright",
        "writing/page__palette.png": "palette looked up, transparent parts laid on white",
    }  # fmt: skip
    assert set(what) == set(expected)
    for place, words in expected.items():
        assert words in what[place]


def test_the_pictures_and_their_sources_are_right(audit):
    assert audit.images.dtype == np.uint8 and audit.images.shape[1:] == (64, 64, 3)
    assert len(audit.images) == len(audit.labels) == len(audit.paths) == len(audit.sources)
    wanted = sum(len(pictures) for pictures in example_sources().values())
    assert len(set(audit.sources)) == wanted  # the copy IMG_0001.jpg is a brick
    assert set(audit.sources) == set(range(wanted))
    assert np.bincount(audit.sources).min() >= CROPS - 1
    shots = {s for p, s in zip(audit.paths, audit.sources) if "IMG_2026" in p}
    assert len(shots) == 1
    assert repr(audit).splitlines()[0] == "ground: 20 pictures, 3 sources"


def test_names_with_spaces_and_umlauts_are_names(tmp_path):
    folder = write(
        tmp_path / "my photos", **{"grüne Äpfel": ["a b.png", "c.png"], "pears": ["d.png"]}
    )
    assert audit_folder(folder, size=64).class_names == ("grüne Äpfel", "pears")


def test_a_folder_within_a_class_is_named(tmp_path):
    folder = write(tmp_path / "f", a=["1.png"], b=["2.png"])
    (folder / "a" / "more").mkdir()
    noise(9).save(folder / "a" / "more" / "3.png")
    assert dict(audit_folder(folder, size=64).unusable) == {"a/more/": "a folder inside a class"}


@pytest.mark.parametrize("classes", [{}, {"a": ["1.png"]}, {"a": ["1.png"], "b": []}])
def test_fewer_than_two_classes_are_explained(tmp_path, classes):
    folder = write(tmp_path / "f", **classes)
    folder.mkdir(exist_ok=True)
    with pytest.raises(PictureError, match="a folder for each|at least two classes"):
        audit_folder(folder, size=64)


MEASURE = """
import resource, sys
from utils.project import audit_folder
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
audit = audit_folder(sys.argv[1], size=64)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(audit.paths) == 63
assert "huge (12,000×9,000)" in dict(audit.converted)["a/huge.jpg"]
print((after - before) / (2**20 if sys.platform == "darwin" else 2**10))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows does not say how much memory was used")
def test_memory_stays_that_of_the_squares(tmp_path):
    folder = write(tmp_path / "f", a=["1.png"], b=["2.png"])
    huge = Image.new("RGB", (12_000, 9_000), (200, 30, 30))
    huge.paste((0, 0, 200), (0, 0, 6_000, 9_000))
    huge.save(folder / "a" / "huge.jpg", quality=50)
    for number in range(60):
        noise(100 + number, size=(1600, 1200)).save(folder / "b" / f"{number}.jpg")
    command = [sys.executable, "-c", MEASURE, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert float(result.stdout) < 200, f"{result.stdout} MB"  # read whole it takes 2,600


# ---------------------------------------------------------------- sources


def test_names_clocks_and_copies_make_a_source():
    paths = ["a/x__1.jpg", "a/y.jpg", "b/x__2.jpg", "a/z.jpg", "b/w.jpg"]
    assert find_sources(paths, [None] * 5).tolist() == [0, 1, 0, 2, 3]
    assert find_sources(paths, [None, 100, None, 160, 150]).tolist() == [0, 1, 0, 1, 2]
    assert find_sources(paths, [None, 100, None, 161, None]).tolist() == [0, 1, 0, 2, 3]
    assert find_sources(paths, [None] * 5, [(1, 4)]).tolist() == [0, 1, 0, 2, 1]


def test_a_near_copy_is_found_and_another_picture_is_not():
    square = noise(0, (64, 64))
    images = [square, square.resize((40, 40)).resize((64, 64)), noise(1, (64, 64))]
    assert near_copies(np.stack([np.asarray(i) for i in images])) == [(0, 1)]
    assert near_copies(np.zeros((0, 64, 64, 3), "uint8")) == []
    assert average_hash(np.zeros((2, 64, 64, 3))).shape == (2, 64)


# ---------------------------------------------------------------- folds


@pytest.mark.parametrize("seed", range(20))
def test_each_source_is_whole_and_each_class_everywhere(seed):
    random = np.random.default_rng(seed)
    sources = np.repeat(np.arange(12), random.integers(1, 9, 12))
    labels = np.arange(12)[sources] % 3
    folds = folds_by_source(labels, sources, 4, seed)
    assert all(len(set(folds[sources == s])) == 1 for s in range(12))
    assert all(set(folds[labels == k]) == {0, 1, 2, 3} for k in range(3))
    np.testing.assert_array_equal(folds, folds_by_source(labels, sources, 4, seed))


def test_a_source_of_two_classes_stays_whole():
    sources = np.array([0, 0, 1, 2, 3, 4])
    folds = folds_by_source([0, 1, 0, 0, 1, 1], sources, 2)
    assert folds[0] == folds[1]


def test_an_impossible_split_says_what_to_do():
    with pytest.raises(PictureError, match=r"one source only: cup \(2 pictures\).*another place"):
        folds_by_source([0, 0, 1, 1], [0, 0, 1, 2], class_names=["cup", "plate"])
    with pytest.raises(PictureError, match="one class only"):
        folds_by_source([0, 0], [0, 1])
    with pytest.raises(PictureError, match="one class only"):
        folds_by_source([], [])
    assert set(folds_by_source([0, 0, 1, 1, 1], [0, 1, 2, 3, 4], 5)) == {0, 1}  # as many as it can
