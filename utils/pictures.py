"""Pictures that people bring: files opened as they look, folders read whole, digits made ready.

Like `runtime`, this module stands at the bottom: `imagenet` may import it.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Files that are not pictures, or no pictures that can be read here: how they begin, what they are.
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
OTHER_FILES = (
    (b"%PDF", "a PDF document: export its page as PNG"),
    (b"PK\x03\x04", "a zip archive (or an Office document): unpack it and take the pictures"),
    (b"<!DOCTYPE", "a web page: save the picture itself, not the page that shows it"),
    (b"<html", "a web page: save the picture itself, not the page that shows it"),
    (b"version https://git-lfs", "a Git LFS pointer: run git lfs pull to get the picture"),
)
# What operating systems leave in folders; nobody means these as pictures or classes.
SYSTEM_NAMES = ("__MACOSX", "Thumbs.db", "desktop.ini")
MOST_BYTES = 2**30  # the pictures of a folder take at most 1 GB of memory
MOST_LINES = 20  # of what was left out are shown
MOST_PIXELS = 40_000_000  # of one file where its size is bounded: 12 bytes each, when it is read
BAR_AFTER = 1.5  # seconds; what is read sooner needs no progress bar
BAR_BYTES = 10_000_000  # in all files; with less none shows on a slow machine, either

GREY_WEIGHTS = (0.299, 0.587, 0.114)  # of red, green and blue: eyes find green the brightest
DIGIT_SIZE, PICTURE_SIZE = 20, 28  # MNIST: digits of 20 pixels in pictures of 28×28
FAINT = 1 / 3  # of the strongest ink: fainter is ground, or the soft edge of a stroke
LEAST_CONTRAST = 0.08  # between ink and ground, of the whole range
SPECK = 1 / 5  # of the length of the longest part of the ink: shorter is a speck
TOUCHING = np.ones((3, 3))  # pixels hang together when they touch, also at a corner

# What one digit on its paper keeps to; of MNIST's 70,000 digits fewer than 1 in 500 do not.
MOST_FILL = 0.3  # of the ink's longer side: the radius of the largest disc inside the ink
LEAST_LARGEST = 0.6  # of the ink's longer side: the largest part that hangs together
TALL = 0.5  # of the ink's height: two such parts are two digits
MOST_PARTS = 6  # more are a page or a photo


class PictureError(Exception):
    """A file, folder or array cannot be read as a picture; the message says why and what to do."""


# ---------------------------------------------------------------- one file


def open_picture(path, shortest=None):
    """Open a picture file and return it as it looks on a screen.

    Turned phone photos stand upright (their EXIF note is obeyed), palettes become colours,
    transparent parts become white, CMYK becomes RGB, and 16 bits are scaled, not cut. JPEG, PNG,
    GIF, WebP, AVIF, BMP, TIFF and what else Pillow reads.

    Args:
        path: the file, a str or a pathlib.Path; `~` is the home folder.
        shortest: a larger picture is made smaller at reading, until its shorter side has so many
            pixels, so that the memory stays small; None: it is read as large as it is.

    Returns:
        ndarray: float32 array of shape (height, width, 3), values in [0, 1]: red, green, blue.

    Raises:
        PictureError: if there is no such file, or it is no picture, damaged, or of a kind that
            cannot be read here, such as HEIC or SVG, or too large to be made smaller within the
            memory; the message names the kind and a way out.

    Warns:
        UserWarning: if the file holds several pictures (an animation, a scan of many pages): only
            the first is opened.
    """
    from PIL import Image, UnidentifiedImageError

    path = Path(path).expanduser()
    try:
        with Image.open(path) as file:
            if shortest is not None:
                _bound(file, shortest)
            colours = _as_seen(file, shortest)
            if getattr(file, "n_frames", 1) > 1 and file.format != "MPO":  # a phone's two views
                _warn(f"{path.name} holds {file.n_frames} pictures; only the first is opened")
    except UnidentifiedImageError:
        raise PictureError(f"{path.name} is {_kind(path)}") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{path.name} is too large to be opened: make it smaller") from None
    except OSError as error:
        raise PictureError(_why_unread(path, error)) from None
    except (ValueError, SyntaxError, EOFError) as error:  # what a damaged file makes Pillow raise
        raise PictureError(f"{path.name} is damaged ({error}): save it anew") from None
    return colours


def _bound(file, shortest):
    """Let a JPEG be read smaller than it is; refuse a file that would still fill the memory."""
    pixels = file.width * file.height
    if file.format in ("JPEG", "MPO") and not file.info.get("progressive"):
        file.draft(None, (shortest, shortest))
        pixels = file.width * file.height  # what will be read of it
    if pixels > MOST_PIXELS:
        raise PictureError(
            f"{Path(file.filename).name} has {file.width:,}×{file.height:,} pixels, too many to "
            "be read whole: save it smaller, or as a plain (not progressive) JPEG"
        )


def _as_seen(file, shortest=None):
    """Return an opened file as float32 array (height, width, 3), values in [0, 1]."""
    from PIL import Image, ImageOps

    file.load()
    upright = ImageOps.exif_transpose(file)
    if upright.mode == "F" or upright.mode.startswith("I"):
        grey = _smaller(Image.fromarray(_deep_grey(upright)), shortest)
        return np.repeat(np.asarray(grey).clip(0, 1)[..., np.newaxis], 3, axis=-1)
    if "A" in upright.mode or "transparency" in upright.info:
        upright = _smaller(upright.convert("RGBA"), shortest)
        ground = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(ground, upright)
    colours = _smaller(upright.convert("RGB"), shortest)
    return np.asarray(colours, dtype="float32") / 255


def _smaller(image, shortest):
    """Return a Pillow image with its shorter side at most `shortest` pixels long."""
    if shortest is None or min(image.size) <= shortest:
        return image
    scale = shortest / min(image.size)
    return image.resize([max(shortest, round(scale * side)) for side in image.size])


def _deep_grey(image):
    """Return a grey picture of more than 8 bits as float32 array (height, width) in [0, 1]."""
    grey = np.array(image, dtype="float32")  # holds 16 bits exactly
    if image.mode != "F":
        grey /= 2**16 - 1
    if not (grey.min() >= 0 and grey.max() <= 1):  # NaN fails both
        raise ValueError("its numbers lie outside the range of a picture")
    return grey


def _why_unread(path, error):
    if not path.exists():
        return f"there is no file {path}: look at its name and folder ({path.absolute().parent})"
    if path.is_dir():
        return f"{path} is a folder: name a file in it, or use read_folder for a folder of classes"
    if isinstance(error, PermissionError):
        return f"{path} may not be read: change its permissions"
    return f"{path.name} is damaged ({error}): save or download it anew"


def _kind(path):
    """Say what a file is that is no picture that can be read here, and what to do."""
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        return "an empty file: save or download it anew"
    if start[4:8] == b"ftyp" and start[8:12] in HEIC_BRANDS:
        return (
            "a HEIC photo, an iPhone's own format, which cannot be read here: export it as JPEG, "
            'or set the camera to "Most Compatible"'
        )
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"<svg" in text or (text.startswith(b"<?xml") and path.suffix.lower() == ".svg"):
        return "an SVG drawing, made of lines and not of pixels: export it as PNG"
    for beginning, what in OTHER_FILES:
        if text.lower().startswith(beginning.lower()):
            return what
    if b"\0" not in start:
        return "a text file, not a picture"
    return "no picture of a known kind, or a damaged one: save it anew as PNG or JPEG"


def _warn(reason):
    warnings.warn(reason, UserWarning, stacklevel=3)


# ---------------------------------------------------------------- a folder of classes


@dataclass(frozen=True, repr=False)
class PictureFolder:
    """The pictures of a folder that holds a folder for each class.

    Attributes:
        images: array of shape (n, …): what `prepare` made of each picture, float32 or uint8.
        labels: int64 array of shape (n,): positions in class_names.
        class_names: the names of the folders, in order: numbers by value, other names by letter.
        paths: n strings, each picture's place in the folder, such as "cat/tom.jpg".
        left_out: pairs (place, reason) of all that was not read.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple
    paths: tuple
    left_out: tuple

    def __repr__(self):
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        classes = ", ".join(f"{name} {n:,}" for name, n in zip(self.class_names, counts))
        lines = [f"{len(self.labels):,} pictures: {classes}"]
        shown = self.left_out[:MOST_LINES]
        lines += [f"left out: {place}: {reason}" for place, reason in shown]
        if len(shown) < len(self.left_out):
            lines.append(f"… and {len(self.left_out) - len(shown):,} more, in left_out")
        return "\n".join(lines)


def read_folder(folder, prepare=None, most_bytes=MOST_BYTES, shortest=None):
    """Read a folder that holds a folder of pictures for each class.

    Every file is opened by `open_picture`, made small by `prepare`, and let go, so that large
    photos do not fill the memory. What is not read is listed with the reason: nothing disappears
    in silence. A progress bar shows when there is much to read and it takes longer than a moment.

    Args:
        folder: the folder, a str or a pathlib.Path; `~` is the home folder.
        prepare: a function from a picture, float32 array (height, width, 3) in [0, 1], to an array
            of a shape that is the same for all (uint8 stays, all else becomes float32); None: the
            middle square, shrunk to 128×128×3. A picture that it refuses (PictureError,
            ValueError) or warns of is left out.
        most_bytes: most memory for the prepared pictures.
        shortest: as in `open_picture`: large files are made smaller before `prepare` sees them.

    Returns:
        PictureFolder: images, labels, class_names, paths, left_out.

    Raises:
        PictureError: if there is no such folder, or no picture in it can be read, or all together
            would take more than `most_bytes`; the message says what to do.
    """
    folder = Path(folder).expanduser()
    try:
        classes, left_out = _find_classes(folder)
    except PermissionError as error:
        raise PictureError(f"{error.filename} may not be read: change its permissions") from None
    files = [(path, name) for name, paths in classes.items() for path in paths]
    images, read = None, []
    for path, name in _with_bar(files):
        place = path.relative_to(folder).as_posix()
        try:
            image = _prepared(path, prepare or cut_square, shortest)
        except (PictureError, ValueError, UserWarning) as reason:
            left_out.append((place, str(reason)))
            continue
        if images is None:
            images = _room_for(len(files), image, most_bytes)
        if image.shape != images.shape[1:]:
            reason = f"prepare made {image.shape} of it, but {images.shape[1:]} of the first"
            left_out.append((place, reason))
            continue
        images[len(read)] = image
        read.append((place, name))
    if not read:
        raise PictureError(_nothing_read(folder, left_out))
    names = [name for name in classes if any(name == other for _, other in read)]
    left_out += [(f"{name}/", "no picture in it") for name in classes if name not in names]
    labels = np.array([names.index(name) for _, name in read])
    paths = tuple(place for place, _ in read)
    return PictureFolder(images[: len(read)], labels, tuple(names), paths, tuple(left_out))


def _find_classes(folder):
    """Return {class name: paths of its files} and what else lies in the folder, with reasons."""
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise PictureError(
            f"{folder} {what}: name a folder that holds a folder of pictures for each class"
        )
    classes, left_out = {}, []
    for entry in sorted(folder.iterdir(), key=_by_number_or_letter):
        if _is_systems(entry):
            left_out.append((entry.name + "/" * entry.is_dir(), "made by the operating system"))
        elif entry.is_dir():
            classes[entry.name] = []
            for inner in sorted(entry.iterdir()):
                place = f"{entry.name}/{inner.name}"
                if _is_systems(inner):
                    left_out.append((place, "made by the operating system"))
                elif inner.is_dir():
                    left_out.append((f"{place}/", "a folder inside a class"))
                else:
                    classes[entry.name].append(inner)
        else:
            left_out.append((entry.name, "in no class's folder"))
    return classes, left_out


def _by_number_or_letter(path):
    return (0, int(path.name), "") if path.name.isdecimal() else (1, 0, path.name)


def _is_systems(path):
    return path.name.startswith(".") or path.name in SYSTEM_NAMES


def _with_bar(files):
    from tqdm.auto import tqdm

    few = sum(path.stat().st_size for path, _ in files if path.is_file()) < BAR_BYTES
    return tqdm(files, desc="pictures", unit="", delay=BAR_AFTER, leave=False, disable=few)


def _prepared(path, prepare, shortest):
    """Return what `prepare` makes of a file; a warning is an error here, to be listed."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        if shortest is not None:  # the memory is bounded anyhow
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        made = np.asarray(prepare(open_picture(path, shortest)))
    return made if made.dtype == np.uint8 else made.astype("float32")


def cut_square(picture, size=128):
    """Return the middle square of a picture, resized.

    Args:
        picture: float array of shape (height, width, 3), values in [0, 1].
        size: side of the square in pixels.

    Returns:
        ndarray: float32 array of shape (size, size, 3).
    """
    from PIL import Image

    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = (255 * picture[top : top + side, left : left + side]).round().astype("uint8")
    resized = Image.fromarray(square).resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(resized, dtype="float32") / 255


def _room_for(count, image, most_bytes):
    if count * image.nbytes > most_bytes:
        raise PictureError(
            f"{count:,} pictures of {image.shape} take {count * image.nbytes / 1e6:,.0f} MB "
            f"of memory, more than {most_bytes / 1e6:,.0f}: let prepare make them smaller, or "
            "read fewer"
        )
    return np.empty((count, *image.shape), dtype=image.dtype)


def _nothing_read(folder, left_out):
    listed = "".join(f"\n  {place}: {reason}" for place, reason in left_out[:10])
    return (
        f"no picture in {folder} can be read; it must hold a folder for each class, such as "
        f"{folder.name}/cat/tom.jpg{listed}"
    )


# ---------------------------------------------------------------- a digit


def prepare_digit(picture):
    """Make a picture of one handwritten digit as MNIST's pictures are.

    Ink is what differs from the ground, the border's median; so dark on light and light on dark
    are the same. What touches the border, such as a shadow, and specks are taken away. The digit
    is cut out, its longer side made 20 pixels, and it is placed on 28×28 with its centre of mass
    in the middle (LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document
    recognition, 1998, describe these two steps). The largest value becomes 1.

    Args:
        picture: array of shape (height, width), (height, width, 1) or (height, width, 3): floats
            in [0, 1] or uint8 in 0 … 255; `open_picture` gives one.

    Returns:
        ndarray: float32 array of shape (28, 28, 1), values in [0, 1]: light ink on black.

    Raises:
        PictureError: if no ink is found.
        ValueError: if the array has another shape, type or range.

    Warns:
        UserWarning: if it does not look like one digit on an even ground: two digits, a line of
            writing, a photo. The result is then not to be trusted.
    """
    ink = keep_digit(find_ink(_as_grey(picture)))
    reason = _doubt(ink > FAINT)
    if reason:
        _warn(f"{reason}; what is read from it is not to be trusted")
    return place_digit(shrink_digit(crop_to_ink(ink)))[..., np.newaxis]


def find_ink(grey):
    """Return how much each pixel differs from the ground, the border's median: 0 … 1."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(border))  # (height, width)
    strongest = ink.max()
    if strongest < LEAST_CONTRAST:
        raise PictureError("no ink is found: is the page blank, or the writing too pale?")
    return ink / strongest


def keep_digit(ink):
    """Return the ink of the digit, with all else 0: the ground, specks, what touches the border.

    Parts at the border are shadows, the table, or a neighbour that was cut through; they stay only
    where nothing else is there, as in a picture that was cut out tightly.
    """
    from scipy.ndimage import binary_dilation, find_objects, label
    from skimage.segmentation import clear_border

    inked = ink > FAINT
    inner = clear_border(inked)
    parts, _ = label(inner if inner.any() else inked, TOUCHING)
    lengths = np.array([max(s.stop - s.start for s in box) for box in find_objects(parts)])
    long = 1 + np.flatnonzero(lengths >= SPECK * lengths.max())
    with_edges = binary_dilation(np.isin(parts, long), TOUCHING)  # a pen's edge is soft
    return np.where(with_edges, ink, 0)


def crop_to_ink(ink):
    """Return the smallest part of a picture that holds everything above 0."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def shrink_digit(ink, size=DIGIT_SIZE):
    """Return the picture with its longer side `size` pixels long, its shape kept."""
    from PIL import Image

    height, width = (max(1, round(side * size / max(ink.shape))) for side in ink.shape)
    image = Image.fromarray(ink.astype("float32"))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS)).clip(0)


def place_digit(ink, size=PICTURE_SIZE):
    """Return a black picture of size×size, the ink's centre of mass in its middle, largest 1."""
    canvas = np.zeros((size, size), dtype="float32")
    corner = []
    for axis in (0, 1):
        profile = ink.sum(axis=1 - axis)
        centre = (np.arange(len(profile)) * profile).sum() / profile.sum()
        free = size - len(profile)
        corner.append(int(np.clip(round(size / 2 - centre), 0, free)))
    top, left = corner
    canvas[top : top + ink.shape[0], left : left + ink.shape[1]] = ink / ink.max()
    return canvas


def _as_grey(picture):
    """Return a picture as float array (height, width) in [0, 1]: the weighted mean of colours."""
    array = np.asarray(picture)
    grey = array.ndim == 2 or (array.ndim == 3 and array.shape[-1] == 1)
    if not (grey or (array.ndim == 3 and array.shape[-1] == 3)) or array.size == 0:
        raise ValueError(
            "a picture has the shape (height, width), (height, width, 1) or (height, width, 3), "
            f"not {array.shape}"
        )
    if array.dtype == np.uint8:
        array = array / 255
    if array.dtype.kind != "f":
        raise ValueError(f"a picture holds floats in [0, 1] or uint8, not {array.dtype}")
    if not (array.min() >= 0 and array.max() <= 1):  # NaN fails both
        raise ValueError("floats must lie in [0, 1]: divide 0 … 255 by 255")
    return array.reshape(array.shape[:2]) if grey else array @ GREY_WEIGHTS


def _doubt(inked):
    """Return why a picture does not look like one digit, or None.

    Args:
        inked: bool array of shape (height, width): where there is ink.
    """
    from scipy.ndimage import distance_transform_edt, find_objects, label

    inked = crop_to_ink(inked)
    side = max(inked.shape)
    parts, count = label(inked, TOUCHING)
    sizes = np.array([[s.stop - s.start for s in box] for box in find_objects(parts)])
    tall = np.sum(sizes[:, 0] > TALL * inked.shape[0])
    if count > MOST_PARTS:
        return "this looks like a page or a photo, not like one digit: cut out one digit"
    if tall > 1:
        return f"{tall} tall parts stand side by side: two digits? Cut out one"
    if sizes.max() < LEAST_LARGEST * side:
        return "the ink lies in several places: cut out the digit alone"
    if distance_transform_edt(np.pad(inked, 1)).max() > MOST_FILL * side:
        return "this is a filled area and not the strokes of a digit"
    return None
