"""Made photos of licence plates, with the truth about each: its text, and where it stands.

A plate and the car behind it are drawn flat, turned in space and seen through one pinhole camera;
then come dirt, shadow, blur and noise. Nothing is downloaded, and the same seed gives the same
photos. The plates follow no country's rules, so none of them belongs to anybody.
"""

import math
from dataclasses import dataclass

import numpy as np

from utils.fonts import CAPITALS, DIGITS, draw_character, require_characters, require_fonts

# I, O and Q are left out on many plates, for they are taken for 1 and 0.
PLATE_LETTERS = "".join(letter for letter in CAPITALS if letter not in "IOQ")
# The upright fonts; a plate is never written in italics.
PLATE_FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSerif",
    "DejaVuSerif-Bold", "STIXGeneral", "STIXGeneralBol", "cmr10", "cmb10", "cmss10", "cmtt10",
)  # fmt: skip
PATTERN = "AA00AAA"  # A stands for a letter, 0 for a digit
MOST_CHARACTERS = 10

# A plate before it is seen by the camera, in units of which 60 are its height.
PLATE_HEIGHT = 60
MARGIN, BAND = 9, 24  # at either end; the dark band at the left
CELL, GAP, GAP_AFTER = 34, 16, 4  # width of a character's cell; a gap after the fourth
INK_HEIGHT, INK_WIDTH = 42, 29  # of a character; a wide one is made narrower

# What the severities mean at 1; each angle is drawn evenly from minus to plus this, in radians.
MAX_ROLL, MAX_PITCH, MAX_YAW = 0.25, 0.5, 0.7  # in the picture, up and down, left and right
CAMERA_DISTANCE = 3.5  # widths of a plate: nearer cameras see steeper perspectives
MAX_COVER = 0.5  # of the plate under mud
MAX_GRIME = 0.5  # of the contrast that an even film of dust takes
MAX_DARKNESS = 0.8  # of the light that is missing, everywhere or in a shadow
MAX_GLARE = 0.9  # of the way to white in the middle of a reflection
MAX_BLUR = 2.0  # pixels: standard deviation along the motion; across it half
LEAST_NOISE, MAX_NOISE = 0.01, 0.06  # standard deviation in full light and in the dark

LEAST_WIDTH, MOST_WIDTH = 0.5, 0.75  # of the photo's width that a plate takes
BORDER = 2  # pixels that stay free round a plate
FINE = 2  # photos are drawn this many times larger and averaged, so that edges are smooth


@dataclass(frozen=True, repr=False)
class Plates:
    """Photos of licence plates, one in each, and the truth about it.

    A corner is a pair (row, column) in pixels, counted as the edges of a slice are: (0, 0) is the
    photo's upper left corner, and pixel [r, c] reaches from (r, c) to (r + 1, c + 1). Corners go
    round as one reads: upper left, upper right, lower right, lower left of the plate or character
    itself, wherever they lie in the photo.

    Attributes:
        images: float32 array of shape (n, height, width, 1), values in [0, 1].
        texts: n strings, what stands on each plate.
        corners: float64 array of shape (n, 4, 2), of the plates.
        character_corners: n float64 arrays of shape (k, 4, 2), of the k characters of each plate,
            close round their ink.
        severities: {"tilt", "dirt", "light", "blur"}: float64 arrays of shape (n,), in [0, 1].
    """

    images: np.ndarray
    texts: tuple
    corners: np.ndarray
    character_corners: tuple
    severities: dict

    def __repr__(self):
        count, height, width, _ = self.images.shape
        return f"{count:,} photos of {height}×{width} with a plate in each"


def make_texts(count, pattern=PATTERN, *, letters=PLATE_LETTERS, seed=0):
    """Draw different texts for plates.

    Args:
        count: number of texts, at least 1.
        pattern: what stands where: A for a letter, 0 for a digit.
        letters: the letters that are used.
        seed: the same seed gives the same texts.

    Returns:
        tuple: `count` different strings, as long as the pattern.

    Raises:
        ValueError: if the pattern holds anything else, letters is empty or cannot be drawn, or
            there are not so many different texts.
    """
    choices = {"A": letters, "0": DIGITS}
    if not 1 <= len(pattern) <= MOST_CHARACTERS or not set(pattern) <= choices.keys():
        raise ValueError(
            f"a pattern is 1 to {MOST_CHARACTERS} times A (a letter) or 0 (a digit), such as "
            f"{PATTERN!r}, not {pattern!r}"
        )
    require_characters(letters)
    sizes = [len(choices[kind]) for kind in pattern]
    if not 1 <= count <= math.prod(sizes):
        raise ValueError(
            f"there are {math.prod(sizes):,} texts of the pattern {pattern!r}: ask for 1 to so "
            f"many, not {count}"
        )
    numbers = np.random.default_rng(seed).choice(math.prod(sizes), size=count, replace=False)
    places = np.unravel_index(numbers, sizes)  # for each place of the pattern, an array (count,)
    return tuple(
        "".join(choices[kind][index] for kind, index in zip(pattern, indices))
        for indices in zip(*places)
    )


def make_plates(
    count,
    texts=None,
    *,
    size=(96, 192),
    fonts=PLATE_FONTS,
    tilt=(0, 1),
    dirt=(0, 1),
    light=(0, 1),
    blur=(0, 1),
    clutter=6,
    seed=0,
):
    """Photograph licence plates in the street.

    Every text is shown equally often (to within one), on a plate in a font drawn at random, at the
    back of a car before a wall with windows. Signs and stickers have writing of their own, so
    neither brightness nor writing alone tells where the plate is.

    A severity is a number from 0 (none) to 1 (as bad as it gets: some plates cannot be read by
    anybody), or a pair of two: each photo's severity is then drawn evenly between them.

    Args:
        count: number of photos, at least 1.
        texts: what stands on the plates: strings of 1 to 10 digits and letters; None draws a text
            for each photo by `make_texts`.
        size: (height, width) of the photos in pixels, at least (48, 96), height at least half the
            width.
        fonts: names from `utils.fonts.FONTS`.
        tilt: turns the plate in the picture, and away from the camera.
        dirt: covers the plate with mud and a film of dust.
        light: makes the photo dark, or throws a shadow's edge or a reflection on it.
        blur: makes it unsharp, more in one direction than in the other.
        clutter: signs, stickers and posts, behind the car and on it, 0 or more.
        seed: the same seed gives the same photos.

    Returns:
        Plates: images, texts, corners, character_corners, severities.

    Raises:
        ValueError: if an argument is out of its range, or a font or character is unknown.
    """
    if count < 1 or clutter < 0:
        raise ValueError(
            f"count must be at least 1 and clutter at least 0, not {count} and {clutter}"
        )
    height, width = size
    if width < 96 or height < max(48, width / 2):
        raise ValueError(
            "size is (height, width), at least (48, 96) and height at least half the width, "
            f"not {size}"
        )
    require_fonts(fonts)
    texts = make_texts(count, seed=seed) if texts is None else texts
    _require_texts(texts)
    random = np.random.default_rng(seed)
    severities = {
        name: _draw_severities(name, given, count, random)
        for name, given in {"tilt": tilt, "dirt": dirt, "light": light, "blur": blur}.items()
    }
    order = random.permutation(np.arange(count) % len(texts))
    shown = tuple(texts[index] for index in order)
    photos = [
        _take_photo(text, (height, width), fonts, clutter, strengths, random)
        for text, *strengths in zip(shown, *severities.values())
    ]
    images, corners, character_corners = zip(*photos)
    return Plates(
        np.stack(images).astype("float32")[..., np.newaxis],
        shown,
        np.stack(corners),
        character_corners,
        severities,
    )


def _require_texts(texts):
    if isinstance(texts, str) or not len(texts):
        raise ValueError(f"texts is a list of strings, such as [\"AB12CDE\"], not {texts!r}")
    for text in texts:
        if not isinstance(text, str) or not 1 <= len(text) <= MOST_CHARACTERS:
            raise ValueError(
                f"a plate holds a string of 1 to {MOST_CHARACTERS} characters, not {text!r}"
            )
        require_characters(text)


def _draw_severities(name, given, count, random):
    """Return the severity of each photo: a number for all, or drawn between two."""
    lowest, highest = given if np.ndim(given) else (given, given)
    if not 0 <= lowest <= highest <= 1:
        raise ValueError(
            f"{name} is a number from 0 to 1 or a pair (lowest, highest), not {given!r}"
        )
    return random.uniform(lowest, highest, size=count)


def _take_photo(text, size, fonts, clutter, strengths, random):
    """Return one photo, its plate's corners and its characters' corners."""
    tilt, dirt, light, blur = strengths
    plate, boxes = _draw_plate(text, fonts[random.integers(len(fonts))], random)
    _make_dirty(plate, dirt, random)
    camera = _aim_camera(plate.size, size, tilt, random)
    photo = _draw_street(size, camera, plate.size, clutter, random)
    _lay_on(photo, plate, camera)
    photo = _expose(photo, light, blur, camera, plate.size, random)
    corners = _project(camera, _box_corners((0, 0, *plate.size)))
    character_corners = np.stack([_project(camera, _box_corners(box)) for box in boxes])
    return photo, corners[:, ::-1], character_corners[..., ::-1]  # (x, y) becomes (row, column)


# ---------------------------------------------------------------- the plate


def _draw_plate(text, font, random):
    """Return a flat grey plate and the box (left, top, right, bottom) of each character's ink."""
    from PIL import Image, ImageDraw

    gaps = GAP * (len(text) > GAP_AFTER)
    width = BAND + 2 * MARGIN + CELL * len(text) + gaps
    paper, ink = int(random.integers(185, 256)), int(random.integers(0, 70))
    plate = Image.new("L", (width, PLATE_HEIGHT), paper)
    draw = ImageDraw.Draw(plate)
    draw.rectangle((0, 0, BAND, PLATE_HEIGHT), fill=int(random.integers(30, 120)))
    draw.rectangle((0, 0, width - 1, PLATE_HEIGHT - 1), outline=ink, width=2)
    boxes = []
    for index, character in enumerate(text):
        drawing = draw_character(character, font)
        wide, high = drawing.size
        wide, high = round(min(INK_WIDTH, wide * INK_HEIGHT / high)), INK_HEIGHT
        middle = BAND + MARGIN + CELL * (index + 0.5) + gaps * (index >= GAP_AFTER)
        left, top = round(middle - wide / 2), (PLATE_HEIGHT - high) // 2
        plate.paste(ink, (left, top), drawing.resize((wide, high)))
        boxes.append((left, top, left + wide, top + high))
    return plate, boxes


def _make_dirty(plate, severity, random):
    """Lay dust and mud on a flat plate, in place."""
    from PIL import Image

    mud = int(random.integers(60, 150))
    dust = Image.new("L", plate.size, round(255 * MAX_GRIME * severity))
    plate.paste(mud, (0, 0), dust)
    coarse = Image.fromarray(random.random((5, 5 * plate.width // plate.height)).astype("float32"))
    field = np.asarray(coarse.resize(plate.size, Image.Resampling.BICUBIC))
    edge = np.quantile(field, 1 - MAX_COVER * severity)
    thickness = np.clip(8 * (field - edge), 0, 1)  # soft at the edges of a patch
    plate.paste(mud, (0, 0), Image.fromarray((240 * thickness).astype("uint8")))


# ---------------------------------------------------------------- the camera


def _aim_camera(plate_size, photo_size, tilt, random):
    """Return the 3×3 matrix that takes a point (x, y, 1) of the flat plate into the photo.

    The plate is turned about its middle, seen by a pinhole camera in front of it, and enlarged and
    shifted to a place where all of it is in the photo.
    """
    width, height = plate_size
    pitch, yaw, roll = tilt * random.uniform(-1, 1, size=3) * [MAX_PITCH, MAX_YAW, MAX_ROLL]
    turned = _turn_x(pitch) @ _turn_y(yaw)
    to_middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    camera = turned[:, :2] @ to_middle[:2]  # in space: the plate lies in the plane z = 0
    camera[2, 2] += CAMERA_DISTANCE * width
    camera = _turn_z(roll) @ camera
    edges = np.ptp(_project(camera, _box_corners((0, 0, width, height))), axis=0)
    photo_height, photo_width = photo_size
    wanted = photo_width * random.uniform(LEAST_WIDTH, MOST_WIDTH)
    zoom = min(wanted / edges[0], (photo_height - 2 * BORDER) / edges[1])
    camera = np.diag([zoom, zoom, 1]) @ camera
    corners = _project(camera, _box_corners((0, 0, width, height)))
    lowest = BORDER - corners.min(axis=0)
    highest = [photo_width - BORDER, photo_height - BORDER] - corners.max(axis=0)
    right, down = random.uniform(lowest, np.maximum(lowest, highest))  # not -1e-15 wide
    return np.array([[1, 0, right], [0, 1, down], [0, 0, 1]]) @ camera


def _turn_x(angle):
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])


def _turn_y(angle):
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])


def _turn_z(angle):
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def _box_corners(box):
    """Return the corners (x, y) of a box (left, top, right, bottom): (4, 2)."""
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype="float64")


def _project(camera, points):
    """Return where the points (x, y) of the flat plate lie in the photo: (k, 2)."""
    seen = np.column_stack([points, np.ones(len(points))]) @ camera.T  # (k, 3)
    return seen[:, :2] / seen[:, 2:]


def _lay_on(photo, plate, camera):
    """Draw the flat plate into the photo, which is FINE times larger, in place."""
    from PIL import Image

    corners = FINE * _project(camera, _box_corners((0, 0, *plate.size)))
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    to_part = np.array([[FINE, 0, -left], [0, FINE, -top], [0, 0, 1]])
    back = np.linalg.inv(to_part @ camera)  # PIL asks where each pixel comes from
    how = (Image.Transform.PERSPECTIVE, (back / back[2, 2]).ravel()[:8], Image.Resampling.BILINEAR)
    size = right - left, bottom - top
    shape = Image.new("L", plate.size, 255).transform(size, *how)
    photo.paste(plate.transform(size, *how), (left, top), shape)


# ---------------------------------------------------------------- the street


def _draw_street(size, camera, plate_size, clutter, random):
    """Return a grey PIL image, FINE times the size: a wall, a road, signs, a car's back."""
    from PIL import Image, ImageDraw

    height, width = (FINE * side for side in size)
    coarse = Image.fromarray(random.uniform(60, 200, size=(3, 5)).astype("uint8"))
    picture = coarse.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    _draw_windows(draw, width, height, random)
    behind = int(random.integers(clutter + 1))
    for _ in range(behind):
        _draw_clutter(picture, draw, random)
    _draw_car(draw, camera, plate_size, random)
    for _ in range(clutter - behind):  # stickers on the car
        _draw_clutter(picture, draw, random)
    return picture


def _draw_windows(draw, width, height, random):
    """Draw a house's windows in rows, and the road below."""
    step_x, step_y = random.integers(30, 90, size=2).tolist()
    glass, frame = random.integers(20, 250, size=2).tolist()
    for top in range(int(random.integers(step_y)) - step_y, height, step_y):
        for left in range(int(random.integers(step_x)) - step_x, width, step_x):
            box = (left, top, left + 0.6 * step_x, top + 0.6 * step_y)
            draw.rectangle(box, fill=glass, outline=frame, width=2)
    horizon = int(random.uniform(0.6, 1) * height)
    draw.rectangle((0, horizon, width, height), fill=int(random.integers(50, 120)))


def _draw_clutter(picture, draw, random):
    """Draw a sign with writing, or a post or a cable."""
    width, height = picture.size
    x, y = random.uniform(0, [width, height]).tolist()
    shade = int(random.integers(0, 256))
    if random.random() < 0.5:
        end = x + random.normal(0, 15), y + random.choice([-1, 1]) * height
        draw.line((x, y, *end), fill=shade, width=int(random.integers(2, 10)))
        return
    letters = random.choice(list(CAPITALS + DIGITS), size=random.integers(2, 8))
    tall = int(random.integers(14, 44))
    draw.rectangle((x - 4, y - 4, x + 0.8 * tall * len(letters), y + tall + 4), fill=shade)
    for index, letter in enumerate(letters):
        drawing = draw_character(letter, "DejaVuSans-Bold").resize((round(0.65 * tall), tall))
        picture.paste((shade + 128) % 256, (round(x + 0.8 * tall * index), round(y)), drawing)


def _draw_car(draw, camera, plate_size, random):
    """Draw the back of the car that carries the plate, in the plate's own plane."""
    width, height = plate_size
    body, lamp, dark = random.integers([30, 120, 0], [220, 256, 60]).tolist()

    def fill(left, top, right, bottom, shade):
        box = (left * width, top * height, right * width, bottom * height)
        draw.polygon((FINE * _project(camera, _box_corners(box))).ravel().tolist(), fill=shade)

    left, right = random.uniform([-0.7, 1.2], [-0.2, 1.7]).tolist()
    top, bottom = random.uniform([-4, 1.3], [-1.5, 3]).tolist()
    fill(left, bottom - 0.5, right, bottom + 0.6, dark)  # the shadow under the car
    fill(left, top, right, bottom, body)
    fill(left + 0.1, top + 0.1, right - 0.1, top + 0.8, dark)  # the rear window
    fill(left, -1, left + 0.15, 0, lamp)
    fill(right - 0.15, -1, right, 0, lamp)
    for line in random.uniform(-0.6, -0.1, size=2):
        fill(left, line, right, line + 0.05, body // 2)  # where sheets of metal meet
    fill(-0.03, -0.1, 1.03, 1.12, dark)  # the plate's holder


# ---------------------------------------------------------------- light and lens


def _expose(photo, light, blur, camera, plate_size, random):
    """Return what the camera makes of a drawn photo: an array (height, width) in [0, 1]."""
    from PIL import ImageFilter

    along, across = MAX_BLUR * blur, MAX_BLUR * blur / 2
    way = (along, across) if random.random() < 0.5 else (across, along)
    seen = np.asarray(photo.reduce(FINE).filter(ImageFilter.GaussianBlur(way))) / 255
    height, width = seen.shape
    rows, columns = np.mgrid[:height, :width]
    middle = _project(camera, random.uniform(size=(1, 2)) * plate_size)[0]  # on the plate
    away = columns - middle[0], rows - middle[1]
    angle = random.uniform(0, 2 * np.pi)
    kind = random.integers(3)
    darkness, noise = np.zeros_like(seen), LEAST_NOISE
    if kind == 0:  # night
        darkness += MAX_DARKNESS * light
        noise += (MAX_NOISE - LEAST_NOISE) * light
    elif kind == 1:  # a shadow whose edge crosses the plate
        side = away[0] * np.cos(angle) + away[1] * np.sin(angle)
        darkness += MAX_DARKNESS * light / (1 + np.exp(-side))
    else:  # the sun, reflected by the plate
        distance = np.hypot(*away) / (0.15 * width)
        seen = seen + MAX_GLARE * light * np.exp(-(distance**2)) * (1 - seen)
    seen = seen * (1 - darkness) + noise * random.normal(size=seen.shape)
    return seen.clip(0, 1)
