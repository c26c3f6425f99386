"""Pictures that people bring: opened as they look, read from folders, prepared as MNIST was."""

import os
import time
import warnings

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageDraw

from utils import pictures
from utils.datasets import load
from utils.pictures import (
    MOST_BYTES,
    PictureError,
    find_ink,
    keep_digit,
    open_picture,
    prepare_digit,
    read_folder,
)

# A red left half on white, the upper right corner black: wrong colours, turns and flips all show.
COLOURS = np.full((40, 60, 3), 255, dtype="uint8")
COLOURS[:, :30] = (255, 0, 0)
COLOURS[:10, 50:] = 0
EXPECTED = COLOURS / 255


def saved(folder, name, image, **settings):
    """Write a PIL image and return its path."""
    path = folder / name
    image.save(path, **settings)
    return path


@pytest.fixture
def picture():
    return Image.fromarray(COLOURS)


# ---------------------------------------------------------------- every kind of file


@pytest.mark.parametrize(
    "name, settings, tolerance",
    [
        ("a.png", {}, 0),
        ("a.bmp", {}, 0),
        ("a.tif", {}, 0),
        ("a.webp", {"lossless": True}, 0),
        ("a.gif", {}, 0.02),
        ("a.jpg", {"quality": 95, "subsampling": 0}, 0.1),
        ("a.avif", {"quality": 100}, 0.1),
    ],
)
def test_a_colour_file_is_opened(tmp_path, picture, name, settings, tolerance):
    opened = open_picture(saved(tmp_path, name, picture, **settings))
    assert (opened.shape, opened.dtype) == ((40, 60, 3), np.float32)
    assert opened.min() >= 0 and opened.max() <= 1
    assert np.mean(np.abs(opened - EXPECTED) > tolerance) < 0.05  # edges may be soft


@pytest.mark.parametrize("name", ["a.png", "a.gif"])
def test_palettes_become_colours(tmp_path, picture, name):
    path = saved(tmp_path, name, picture.quantize(8))
    with Image.open(path) as file:
        assert file.mode == "P" and np.array(file).max() < 8  # read bare: indices, not colours
    np.testing.assert_allclose(open_picture(path), EXPECTED, atol=0.02)


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_transparent_parts_become_white(tmp_path, name):
    ink = np.zeros((40, 60, 4), dtype="uint8")  # black ink on nothing
    ink[10:30, 20:40, 3] = 255
    settings = {"lossless": True} if name == "a.webp" else {}
    opened = open_picture(saved(tmp_path, name, Image.fromarray(ink), **settings))
    assert opened[0, 0].tolist() == [1, 1, 1] and opened[20, 30].tolist() == [0, 0, 0]


def test_half_transparent_parts_are_mixed_with_white(tmp_path):
    ink = np.zeros((8, 8, 4), dtype="uint8")
    ink[..., 3] = 128
    opened = open_picture(saved(tmp_path, "a.png", Image.fromarray(ink)))
    np.testing.assert_allclose(opened, 1 - 128 / 255, atol=0.01)


def test_a_transparent_palette_becomes_white(tmp_path):
    image = Image.new("P", (8, 8), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.putpixel((3, 3), 1)
    opened = open_picture(saved(tmp_path, "a.png", image, transparency=0))
    assert opened[0, 0].tolist() == [1, 1, 1] and opened[3, 3].tolist() == [1, 0, 0]


def test_transparent_grey_becomes_white(tmp_path):
    image = Image.new("LA", (8, 8), (0, 0))
    image.putpixel((3, 3), (0, 255))
    opened = open_picture(saved(tmp_path, "a.png", image))
    assert opened[0, 0, 0] == 1 and opened[3, 3, 0] == 0


def test_cmyk_becomes_colours(tmp_path, picture):
    path = saved(tmp_path, "a.jpg", picture.convert("CMYK"), quality=95)
    opened = open_picture(path)
    assert opened.shape == (40, 60, 3)
    assert np.mean(np.abs(opened - EXPECTED) > 0.1) < 0.05


@pytest.mark.parametrize("turn", range(1, 9))
def test_turned_photos_stand_upright(tmp_path, picture, turn):
    """A file that is stored turned, with an EXIF note how to show it, is opened as it is shown."""
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = picture.transpose(stored[turn]) if turn in stored else picture
    exif = Image.Exif()
    exif[0x0112] = turn
    path = saved(tmp_path, "a.png", image, exif=exif)
    np.testing.assert_array_equal(open_picture(path), EXPECTED.astype("float32"))


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bits_are_scaled_not_cut(tmp_path, name):
    grey = np.linspace(0, 65535, 64).reshape(8, 8).astype("uint16")
    opened = open_picture(saved(tmp_path, name, Image.fromarray(grey)))
    np.testing.assert_allclose(opened[..., 1], grey / 65535, atol=1e-4)


def test_floats_are_taken_as_they_are_or_refused(tmp_path):
    grey = np.linspace(0, 1, 64, dtype="float32").reshape(8, 8)
    opened = open_picture(saved(tmp_path, "a.tif", Image.fromarray(grey)))
    np.testing.assert_array_equal(opened[..., 0], grey)
    path = saved(tmp_path, "b.tif", Image.fromarray(300 * grey))
    with pytest.raises(PictureError, match="outside the range of a picture"):
        open_picture(path)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_and_black_and_white_have_three_equal_channels(tmp_path, picture, mode):
    opened = open_picture(saved(tmp_path, "a.png", picture.convert(mode)))
    np.testing.assert_array_equal(opened[..., 0], opened[..., 2])
    assert opened[0, 59, 0] == 0


@pytest.mark.parametrize("name", ["a.gif", "a.tif"])
def test_of_several_pictures_the_first_is_opened_and_it_says_so(tmp_path, picture, name):
    other = Image.new("RGB", picture.size)
    path = saved(tmp_path, name, picture, save_all=True, append_images=[other])
    with pytest.warns(UserWarning, match=f"{name} holds 2 pictures; only the first is opened"):
        opened = open_picture(path)
    np.testing.assert_allclose(opened, EXPECTED, atol=0.02)


def test_a_phone_s_second_view_needs_no_word(tmp_path, picture):
    path = saved(tmp_path, "a.jpg", picture, format="MPO", save_all=True, append_images=[picture])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_picture(path).shape == (40, 60, 3)


def test_the_home_folder_has_its_short_name(tmp_path, picture, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    saved(tmp_path, "a.png", picture)
    assert open_picture("~/a.png").shape == (40, 60, 3)


# ---------------------------------------------------------------- files that are no pictures


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "an empty file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC photo.*export it as JPEG"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC photo"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "SVG drawing.*export it as PNG"),
        (b'<?xml version="1.0"?>\n<!-- pen -->\n<svg></svg>', "SVG drawing"),
        (b"%PDF-1.7 \0", "PDF document"),
        (b"PK\x03\x04\0\0", "zip archive"),
        (b"<!doctype html><html></html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("Grüße".encode(), "a text file"),
        (bytes(range(256)), "no picture of a known kind"),
    ],
)
def test_a_file_that_is_no_picture_is_named_as_what_it_is(tmp_path, content, message):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=f"photo.jpg is .*{message}"):
        open_picture(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.bmp", "a.webp", "a.tif"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_is_cut_off_is_damaged(tmp_path, name, share):
    noise = np.random.default_rng(0).integers(0, 256, size=(90, 90, 3), dtype="uint8")
    path = saved(tmp_path, name, Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(PictureError, match=rf"{name} is (damaged|no picture)"):
        open_picture(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.tif"])
def test_whatever_byte_is_damaged_no_other_error_comes(tmp_path, picture, name):
    whole = saved(tmp_path, name, picture).read_bytes()
    random = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole), size=3):
            damaged[place] = random.integers(256)
        (tmp_path / name).write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert open_picture(tmp_path / name).shape[-1] == 3
            except PictureError as error:
                assert name in str(error)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(PictureError, match="there is no file .*photo.jpg"):
        open_picture(tmp_path / "photo.jpg")
    with pytest.raises(PictureError, match="is a folder"):
        open_picture(tmp_path)


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path, picture, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PictureError, match="too large"):
        open_picture(saved(tmp_path, "a.png", picture))


# ---------------------------------------------------------------- folders


@pytest.fixture
def zoo(tmp_path, picture):
    """A folder as people bring it: two good classes and all that strays into one."""
    for name in ("cat", "dog", "empty", "__MACOSX", "cat/more", ".git"):
        (tmp_path / name).mkdir()
    saved(tmp_path, "cat/tom.jpg", picture)
    saved(tmp_path, "cat/large.png", picture.resize((600, 400)))
    saved(tmp_path, "dog/rex.webp", picture)
    saved(tmp_path, "alone.png", picture)
    (tmp_path / "__MACOSX" / "._tom.jpg").write_bytes(b"\0\1")
    (tmp_path / "cat" / "Thumbs.db").write_bytes(b"\0\1")
    (tmp_path / "dog" / ".DS_Store").write_bytes(b"\0\1")
    (tmp_path / "dog" / "notes.txt").write_text("sit, stay")
    broken = saved(tmp_path, "dog/broken.png", picture)
    broken.write_bytes(broken.read_bytes()[:60])
    saved(tmp_path, "dog/runs.gif", picture, save_all=True, append_images=[picture.rotate(90)])
    return tmp_path


def test_a_folder_is_read_class_by_class(zoo):
    pets = read_folder(zoo)
    assert pets.class_names == ("cat", "dog")
    assert pets.paths == ("cat/large.png", "cat/tom.jpg", "dog/rex.webp")
    assert pets.labels.tolist() == [0, 0, 1] and pets.labels.dtype == np.int64
    assert (pets.images.shape, pets.images.dtype) == ((3, 128, 128, 3), np.float32)
    assert pets.images.min() >= 0 and pets.images.max() <= 1


def test_nothing_disappears_in_silence(zoo):
    reasons = dict(read_folder(zoo).left_out)
    assert set(reasons) == {
        ".git/", "__MACOSX/", "alone.png", "cat/Thumbs.db", "cat/more/", "dog/.DS_Store",
        "dog/broken.png", "dog/notes.txt", "dog/runs.gif", "empty/",
    }  # fmt: skip
    assert reasons["__MACOSX/"] == reasons["cat/Thumbs.db"] == "made by the operating system"
    assert reasons["alone.png"] == "in no class's folder"
    assert reasons["cat/more/"] == "a folder inside a class"
    assert "damaged" in reasons["dog/broken.png"]
    assert "a text file" in reasons["dog/notes.txt"]
    assert "holds 2 pictures" in reasons["dog/runs.gif"]
    assert reasons["empty/"] == "no picture in it"


def test_the_report_says_what_was_read_and_what_not(zoo):
    lines = repr(read_folder(zoo)).splitlines()
    assert lines[0] == "3 pictures: cat 2, dog 1"
    assert "left out: dog/notes.txt: notes.txt is a text file, not a picture" in lines
    assert len(lines) == 11


def test_a_long_report_is_cut(zoo):
    for number in range(30):
        (zoo / "cat" / f"{number}.txt").write_text("meow")
    lines = repr(read_folder(zoo)).splitlines()
    assert len(lines) == 22 and lines[-1] == "… and 20 more, in left_out"


def test_prepare_makes_of_each_picture_what_it_wants(zoo):
    means = read_folder(str(zoo), prepare=lambda picture: picture.mean(axis=(0, 1)))
    assert means.images.shape == (3, 3)
    np.testing.assert_allclose(means.images[0], EXPECTED.mean(axis=(0, 1)), atol=0.02)


def test_what_prepare_refuses_or_doubts_is_left_out(zoo):
    reasons = dict(read_folder(zoo, prepare=lambda picture: picture).left_out)
    assert (
        reasons["cat/tom.jpg"] == "prepare made (40, 60, 3) of it, but (400, 600, 3) of the first"
    )

    def refuse_large(picture):
        if len(picture) > 100:
            raise ValueError("too large for me")
        return picture

    small = read_folder(zoo, prepare=refuse_large)
    assert dict(small.left_out)["cat/large.png"] == "too large for me"
    assert small.paths == ("cat/tom.jpg", "dog/rex.webp")


def test_a_fault_of_prepare_itself_is_no_reason_to_leave_pictures_out(zoo):
    with pytest.raises(ZeroDivisionError):
        read_folder(zoo, prepare=lambda picture: 1 / 0)


def test_classes_with_numbers_are_in_order_of_value(tmp_path, picture):
    for name in ("10", "2", "1", "ten"):
        (tmp_path / name).mkdir()
        saved(tmp_path, f"{name}/a.png", picture)
    assert read_folder(tmp_path).class_names == ("1", "2", "10", "ten")


def test_memory_is_bounded_before_it_is_taken(zoo):
    with pytest.raises(PictureError, match=r"6 pictures of \(128, 128, 3\) take 1 MB"):
        read_folder(zoo, most_bytes=500_000)
    assert MOST_BYTES == 2**30


def test_a_folder_without_classes_is_explained(tmp_path, picture):
    saved(tmp_path, "tom.png", picture)
    with pytest.raises(PictureError, match="a folder for each class.*\n.*tom.png: in no class"):
        read_folder(tmp_path)
    with pytest.raises(PictureError, match="tom.png is a file: name a folder"):
        read_folder(tmp_path / "tom.png")
    with pytest.raises(PictureError, match="nowhere does not exist"):
        read_folder(tmp_path / "nowhere")


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="the superuser may read every file and folder"
)
def test_what_may_not_be_read_is_named(zoo):
    (zoo / "cat" / "tom.jpg").chmod(0)
    assert "may not be read" in dict(read_folder(zoo).left_out)["cat/tom.jpg"]
    (zoo / "dog").chmod(0)
    with pytest.raises(PictureError, match="dog may not be read"):
        read_folder(zoo)
    (zoo / "dog").chmod(0o700)


def test_a_bar_shows_how_far_it_is_when_it_takes_a_while(tmp_path, picture, capsys, monkeypatch):
    (tmp_path / "cat").mkdir()
    for number in range(20):
        saved(tmp_path, f"cat/{number}.png", picture)
    read_folder(tmp_path, prepare=lambda picture: picture.mean())
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(pictures, "BAR_AFTER", 0.05)
    monkeypatch.setattr(pictures, "BAR_BYTES", 1)

    def slowly(picture):
        time.sleep(0.02)
        return picture.mean()

    read_folder(tmp_path, prepare=slowly)
    assert "20" in capsys.readouterr().err


def test_a_large_picture_is_made_smaller_at_reading(tmp_path, picture):
    large = picture.resize((1200, 800), Image.Resampling.NEAREST)
    for name, settings in {"a.png": {}, "a.jpg": {"quality": 95}, "a.tif": {}}.items():
        opened = open_picture(saved(tmp_path, name, large, **settings), shortest=40)
        assert opened.shape == (40, 60, 3)
        assert np.mean(np.abs(opened - EXPECTED) > 0.1) < 0.1
    deep = Image.fromarray(np.full((800, 1200), 30_000, dtype="uint16"))
    opened = open_picture(saved(tmp_path, "deep.png", deep), shortest=40)
    np.testing.assert_allclose(opened, 30_000 / 65_535, atol=1e-4)
    inks = saved(tmp_path, "inks.jpg", large.convert("CMYK"), quality=95)
    assert np.mean(np.abs(open_picture(inks, shortest=40) - EXPECTED) > 0.15) < 0.1
    nothing = Image.new("RGBA", (1200, 800), (0, 0, 0, 0))
    opened = open_picture(saved(tmp_path, "nothing.png", nothing), shortest=40)
    np.testing.assert_array_equal(opened, 1)
    small = open_picture(saved(tmp_path, "small.png", picture), shortest=100)
    assert small.shape == (40, 60, 3)  # never enlarged


def test_a_turned_large_photo_stands_upright(tmp_path, picture):
    note = Image.Exif()
    note[0x0112] = 6
    lying = picture.transpose(Image.Transpose.ROTATE_90).resize((800, 1200))
    path = saved(tmp_path, "phone.jpg", lying, exif=note, quality=95)
    opened = open_picture(path, shortest=40)
    assert opened.shape == (40, 60, 3) and np.mean(np.abs(opened - EXPECTED) > 0.2) < 0.1


def test_only_a_plain_jpeg_may_be_huge(tmp_path, picture, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_PIXELS", 100_000)
    large = picture.resize((1200, 800))
    saved(tmp_path, "a.jpg", large)
    assert open_picture(tmp_path / "a.jpg", shortest=40).shape == (40, 60, 3)
    for name, settings in {"a.png": {}, "b.jpg": {"progressive": True}}.items():
        with pytest.raises(PictureError, match=f"{name} has 1,200×800 pixels, too many"):
            open_picture(saved(tmp_path, name, large, **settings), shortest=40)


def test_bytes_stay_bytes(zoo):
    def as_bytes(picture):
        return np.uint8(255 * picture.mean(axis=(0, 1)))

    assert read_folder(zoo, prepare=as_bytes).images.dtype == np.uint8


# ---------------------------------------------------------------- a digit


@pytest.fixture(scope="module")
def mnist():
    return load("mnist_5k").X_test[:200]


def quietly(picture):
    """Return prepare_digit's answer; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return prepare_digit(picture)


def test_a_prepared_digit_has_mnist_s_form():
    digit = prepare_digit(drawn_page())
    assert (digit.shape, digit.dtype) == ((28, 28, 1), np.float32)
    assert digit.min() == 0 and digit.max() == 1
    rows, columns = np.nonzero(digit[..., 0])
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    mass = digit[..., 0] / digit.sum()
    for axis in (0, 1):
        assert abs((mass.sum(axis=1 - axis) * np.arange(28)).sum() - 14) <= 0.51


def drawn_page(paper=(240, 235, 220), ink=(40, 40, 110), size=(200, 260)):
    """Return a page with a 7 on it, uint8."""
    page = Image.new("RGB", size, paper)
    ImageDraw.Draw(page).line([(60, 60), (150, 60), (95, 210)], fill=ink, width=14)
    return np.array(page)


def test_mnist_s_own_pictures_stay_as_they_are(mnist):
    """The preparation is MNIST's: done again, it changes hardly anything but the faintest ink."""
    again = np.array([prepare_digit(image) for image in mnist])
    assert np.mean(np.abs(again - mnist)) < 0.005


def test_dark_on_light_and_light_on_dark_are_the_same():
    page = drawn_page()
    np.testing.assert_allclose(quietly(page), quietly(255 - page), atol=1e-6)


def test_paper_ink_size_and_place_do_not_matter():
    expected = quietly(drawn_page())
    pale = drawn_page(paper=(200, 200, 200), ink=(120, 130, 140))
    np.testing.assert_allclose(quietly(pale), expected, atol=0.02)
    np.testing.assert_allclose(quietly(drawn_page(size=(400, 500))), expected, atol=1e-6)
    large = np.array(Image.fromarray(drawn_page()).resize((800, 1040)))
    assert np.abs(quietly(large) - expected).mean() < 0.01


def test_colour_grey_float_and_whole_numbers_are_the_same():
    page = drawn_page(paper=(250, 250, 250), ink=(10, 10, 10))
    expected = quietly(page)
    for same in (page / 255, page[..., :1], page[..., 0], (page / 255).astype("float32")):
        np.testing.assert_allclose(quietly(same), expected, atol=1e-5)


def test_ink_is_the_distance_from_the_border_s_median():
    grey = np.full((5, 5), 0.8)
    grey[2, 2], grey[2, 3], grey[1, 1] = 0.2, 0.5, 0.95
    expected = np.zeros((5, 5))
    expected[2, 2], expected[2, 3], expected[1, 1] = 1, 0.5, 0.25
    np.testing.assert_allclose(find_ink(grey), expected)


def test_soft_edges_stay_specks_and_shadows_go():
    ink = np.zeros((40, 40))
    ink[10:30, 20] = 1  # a stroke …
    ink[10:30, 19] = 0.2  # … its soft edge …
    ink[10:30, 17] = 0.2  # … and ground that is a little darker
    expected = np.where(np.isin(np.arange(40), (19, 20)), ink, 0)
    ink[5:8, 5] = 0.9  # a speck, shorter than a fifth of the stroke
    ink[:, 38:] = 0.9  # a shadow
    np.testing.assert_array_equal(keep_digit(ink), expected)


def test_a_digit_that_touches_the_border_stays_if_it_is_all_there_is():
    ink = np.zeros((20, 20))
    ink[:, 9:11] = 1
    np.testing.assert_array_equal(keep_digit(ink), ink)


def lit(image, kind, depth, random):
    """Return a digit as dark ink on a page of 240×240, photographed in bad light."""
    large = np.asarray(Image.fromarray(image[..., 0]).resize((160, 160), Image.Resampling.BICUBIC))
    page = np.pad(large.clip(0, 1), 40)
    rows, columns = np.mgrid[-1:1:240j, -1:1:240j]
    angle = random.uniform(0, 2 * np.pi)
    across = np.cos(angle) * rows + np.sin(angle) * columns
    light = {"ramp": 1 - depth * (1 + across / 1.42) / 2, "shadow": 1 - depth * (across > 0.9)}
    noise = random.normal(0, 0.03, size=page.shape)
    return ((0.9 - 0.75 * page) * light[kind] + noise).clip(0, 1)


@pytest.mark.parametrize("kind, depth", [("ramp", 0), ("ramp", 0.3), ("shadow", 0.5)])
def test_noise_and_uneven_light_hardly_matter(mnist, kind, depth):
    """Each photographed digit is nearest to its own original, moved by at most a pixel, of 50."""
    random = np.random.default_rng(0)
    originals = np.array([prepare_digit(image) for image in mnist[:50]])
    photographed = [prepare_digit(lit(image, kind, depth, random)) for image in mnist[:50]]
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    moved = np.array([np.roll(originals, shift, axis=(1, 2)) for shift in shifts])
    nearest = [np.abs(moved - p).mean(axis=(2, 3, 4)).min(axis=0).argmin() for p in photographed]
    assert np.sum(nearest == np.arange(50)) >= 49


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (300, 200)])
@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_a_blank_page_holds_no_ink(size, value):
    with pytest.raises(PictureError, match="no ink is found"):
        prepare_digit(np.full(size, float(value)))


def test_an_unwritten_page_with_noise_holds_no_ink():
    noise = np.random.default_rng(0).normal(0.9, 0.01, size=(100, 100))
    with pytest.raises(PictureError, match="no ink is found"):
        prepare_digit(noise.clip(0, 1))


@pytest.mark.parametrize("height, width", [(40, 1), (1, 40), (2, 300)])
def test_even_a_single_line_is_prepared(height, width):
    page = np.ones((60, 320))
    page[10 : 10 + height, 10 : 10 + width] = 0
    assert prepare_digit(page).max() == 1


def test_two_digits_a_page_and_photos_are_doubted(mnist):
    one, two, three = mnist[0], mnist[1], mnist[2]
    with pytest.warns(UserWarning, match="side by side"):
        prepare_digit(np.hstack([one, two]))
    with pytest.warns(UserWarning, match="several places"):
        prepare_digit(np.vstack([one, two]))
    with pytest.warns(UserWarning, match="filled area"):
        prepare_digit(skimage.data.cell())
    with pytest.warns(UserWarning, match="page or a photo"):
        prepare_digit(np.vstack([np.hstack([one, two, three])] * 4))
    for name in ("astronaut", "chelsea", "coffee", "camera", "coins", "page", "grass", "text"):
        with pytest.warns(UserWarning, match="not to be trusted"):
            prepare_digit(getattr(skimage.data, name)())


def test_digits_are_hardly_ever_doubted():
    images = load("mnist_5k").X_train
    doubted = 0
    for image in images:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            prepare_digit(image)
        doubted += len(said)
    assert doubted <= len(images) // 500


@pytest.mark.parametrize(
    "picture, message",
    [
        (np.zeros((5, 5, 4)), "has the shape"),
        (np.zeros((2, 5, 5, 3)), "has the shape"),
        (np.zeros(7), "has the shape"),
        (np.zeros((0, 5)), "has the shape"),
        (np.full((5, 5), 200.0), "divide 0 … 255 by 255"),
        (np.full((5, 5), np.nan), "divide 0 … 255 by 255"),
        (np.zeros((5, 5), dtype="int64"), "not int64"),
    ],
)
def test_what_is_no_picture_is_named(picture, message):
    with pytest.raises(ValueError, match=message):
        prepare_digit(picture)
