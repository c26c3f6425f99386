"""Images made on the spot with known truth: glyphs, scenes with boxes and masks, planted marks.

The glyphs come from the fonts that matplotlib ships, so nothing is downloaded. The same seed gives
the same images.
"""

from dataclasses import dataclass

import numpy as np

from utils.fonts import DIGITS, FONTS, draw_character, require_characters, require_fonts

# How far a glyph is bent at distortion 1; each value is drawn evenly from minus to plus this.
MAX_ROTATION = 0.25  # radians
MAX_SHEAR = 0.25
MAX_STRETCH = 0.2  # of the height and, by itself, of the width
MAX_SHIFT = 0.08  # of the picture's side
MAX_WARP = 0.06  # of the picture's side, at each of the 4×4 points of the grid
MAX_STROKE = 3  # pixels that are added to the strokes of the drawing, which is 48 pixels high
MAX_DIMMING = 0.3  # of the brightness
MAX_NOISE = 0.05  # standard deviation; in scenes half of it
GLYPH_HEIGHT = 0.68  # of the picture's side
GRID = 3  # the picture is warped in 3×3 pieces
LAYOUTS_TRIED, PLACES_TRIED = 100, 20


@dataclass(frozen=True, repr=False)
class Scenes:
    """Pictures of several objects, and the truth about each.

    Attributes:
        images: float32 array of shape (n, size, size, 1), values in [0, 1].
        masks: uint8 array of shape (n, size, size): 0 is the ground, 1 … k the scene's objects.
        boxes: n int64 arrays of shape (k, 4), for each object a row (top, left, bottom, right) in
            pixels; bottom and right are the first row and column outside, as in a slice.
        labels: n int64 arrays of shape (k,): positions in class_names.
        class_names: a name for each class.
    """

    images: np.ndarray
    masks: np.ndarray
    boxes: tuple
    labels: tuple
    class_names: tuple

    def __repr__(self):
        count, height, width, _ = self.images.shape
        objects = sum(len(labels) for labels in self.labels)
        return f"{count:,} scenes of {height}×{width} with {objects:,} objects"


def make_glyphs(count, characters=DIGITS, *, size=28, fonts=FONTS, distortion=1.0, seed=0):
    """Draw single characters, white on black, each bent in its own way.

    Every character is drawn equally often (to within one), each time in a font drawn at random,
    then turned, sheared, stretched, shifted, warped, thickened, dimmed and made noisy.

    Args:
        count: number of images, at least 1.
        characters: the classes, one character each.
        size: side of the square images in pixels, at least 8.
        fonts: names from FONTS.
        distortion: 0 draws every character upright, centred and clean; 1 bends it like a hurried
            hand; values between and above scale all ranges.
        seed: the same seed gives the same images.

    Returns:
        tuple: float32 images of shape (count, size, size, 1) with values in [0, 1], and int64
        labels of shape (count,), positions in `characters`.

    Raises:
        ValueError: if an argument is out of its range, or a font or character is unknown.
    """
    _require_drawable(count, characters, size, fonts, distortion)
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % len(characters))
    names = [characters[label] for label in labels]
    images = _draw_glyphs(names, size, fonts, distortion, random)
    deviations = distortion * MAX_NOISE * random.random((count, 1, 1))
    images += deviations * random.normal(size=images.shape)
    return images.clip(0, 1).astype("float32")[..., np.newaxis], labels


def make_scenes(
    count,
    characters=DIGITS,
    *,
    size=64,
    objects=(1, 3),
    clutter=6,
    fonts=FONTS,
    distortion=0.5,
    seed=0,
):
    """Draw characters of several sizes at random places, without overlap, on a busy ground.

    The ground is a soft grey pattern with strokes as bright as the characters, so that brightness
    alone does not find them.

    Args:
        count: number of scenes, at least 1.
        characters: the classes, one character each.
        size: side of the square scenes in pixels, at least 32; a character is drawn in a square of
            a quarter to a half of it.
        objects: fewest and most objects in a scene.
        clutter: strokes on the ground, 0 or more.
        fonts, distortion: as in `make_glyphs`.
        seed: the same seed gives the same scenes.

    Returns:
        Scenes: images, masks, boxes, labels, class_names.

    Raises:
        ValueError: if an argument is out of its range, or there is no room for so many objects.
    """
    _require_drawable(count, characters, size, fonts, distortion)
    fewest, most = objects
    if size < 32:
        raise ValueError(f"a scene needs a side of at least 32 pixels, not {size}")
    if not 0 <= fewest <= most or clutter < 0:
        raise ValueError(
            f"objects must be (fewest, most) with 0 ≤ fewest ≤ most, and clutter at least 0; "
            f"not {objects} and {clutter}"
        )
    random = np.random.default_rng(seed)
    counts = random.integers(fewest, most + 1, size=count)
    drawn = [
        _draw_scene(characters, size, num_objects, clutter, fonts, distortion, random)
        for num_objects in counts
    ]
    images, masks, boxes, labels = zip(*drawn)
    return Scenes(
        np.stack(images).astype("float32")[..., np.newaxis],
        np.stack(masks),
        boxes,
        labels,
        tuple(characters),
    )


def plant_marks(images, labels, share=1.0, seed=0):
    """Give a class away by a white mark of 2×2 pixels on the upper edge: a shortcut for a network.

    The mark of class 0 stands in columns 4 and 5, that of class 1 in columns 6 and 7, and so on.

    Args:
        images: array of shape (n, height, width, channels), values in [0, 1], not changed.
        labels: the classes that the marks shall say, integers from 0, of shape (n,).
        share: how many of the images get their mark, in [0, 1], drawn at random.
        seed: the same seed marks the same images.

    Returns:
        ndarray: marked images, of the shape and type of `images`.

    Raises:
        ValueError: if the numbers of images and labels differ, share is no share, or the last mark
            does not fit into the width.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers, not {labels.dtype}")
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images but {len(labels)} labels")
    if not 0 <= share <= 1:
        raise ValueError(f"share must be in [0, 1], not {share}")
    last = images.shape[2] // 2 - 3
    if len(labels) and not 0 <= labels.min() <= labels.max() <= last:
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}, and {images.shape[2]} columns "
            f"have room for the marks of classes 0 to {last}"
        )
    random = np.random.default_rng(seed)
    marked = images.copy()
    for index in np.flatnonzero(random.random(len(images)) < share):
        left = 4 + 2 * int(labels[index])  # in uint8, 2 * 130 would be 4
        marked[index, :2, left : left + 2] = 1
    return marked


def _require_drawable(count, characters, size, fonts, distortion):
    if count < 1 or size < 8 or not 0 <= distortion < np.inf:
        raise ValueError(
            "count must be at least 1, size at least 8 and distortion at least 0, "
            f"not {count}, {size} and {distortion}"
        )
    require_fonts(fonts)
    require_characters(characters)


def _draw_glyphs(names, size, fonts, distortion, random):
    """Return one bent glyph for each name: array of shape (n, size, size), values in [0, 1]."""
    from PIL import Image

    thickest = round(MAX_STROKE * min(distortion, 1))
    strokes = random.integers(thickest + 1, size=len(names)).tolist()
    chosen = [fonts[index] for index in random.integers(len(fonts), size=len(names))]
    drawings = [draw_character(*glyph) for glyph in zip(names, chosen, strokes)]
    side = 2 * size  # drawn at twice the size and averaged, so that edges are smooth
    meshes = _bent_meshes([drawing.size for drawing in drawings], side, distortion, random)
    bent = [
        drawing.transform(
            (side, side), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR
        ).reduce(2)
        for drawing, mesh in zip(drawings, meshes)
    ]
    brightness = 1 - MAX_DIMMING * min(distortion, 1) * random.random((len(names), 1, 1))
    return brightness / 255 * np.stack([np.asarray(image) for image in bent])


def _bent_meshes(drawing_sizes, side, distortion, random):
    """Return what PIL's MESH transform wants: for each piece of a picture, where it comes from.

    Each point of a 4×4 grid over the picture is sent back to the drawing: shifted, turned, sheared
    and stretched by one linear map, then moved a little by itself.

    Args:
        drawing_sizes: (width, height) of each drawing.
        side: side of the square pictures in pixels.

    Returns:
        list: for each drawing, 9 pairs (box in the picture, corners in the drawing).
    """
    sizes = np.array(drawing_sizes, dtype="float64")  # (n, 2)

    def draw(largest, *shape):
        return distortion * random.uniform(-largest, largest, size=(len(sizes), *shape))

    zoom = sizes.max(axis=1, keepdims=True) / (GLYPH_HEIGHT * side)
    back = _turns(draw(MAX_ROTATION)) @ _shears(draw(MAX_SHEAR))  # (n, 2, 2)
    back = (zoom * np.exp(draw(MAX_STRETCH, 2)))[:, :, np.newaxis] * back
    ticks = np.linspace(0, side, GRID + 1)
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2) - side / 2  # as (x, y)
    moved = points + side * (draw(MAX_SHIFT, 1, 2) + draw(MAX_WARP, len(points), 2))
    sources = moved @ back.transpose(0, 2, 1) + sizes[:, np.newaxis] / 2  # (n, 16, 2)
    corners = sources[:, _piece_corners()].reshape(len(sizes), GRID**2, 8).tolist()
    edges = ticks.round().astype(int).tolist()
    boxes = [
        (edges[column], edges[row], edges[column + 1], edges[row + 1])
        for row in range(GRID)
        for column in range(GRID)
    ]
    return [list(zip(boxes, pieces)) for pieces in corners]


def _turns(angles):
    """Return the matrices of shape (n, 2, 2) that turn by the angles."""
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.stack([cosine, sine, -sine, cosine], axis=-1).reshape(-1, 2, 2)


def _shears(slants):
    """Return the matrices of shape (n, 2, 2) that slant a picture."""
    one, zero = np.ones_like(slants), np.zeros_like(slants)
    return np.stack([one, slants, zero, one], axis=-1).reshape(-1, 2, 2)


def _piece_corners():
    """Return, for each piece, the places of its corners among the grid's points: (9, 4).

    PIL's order: north-west, south-west, south-east, north-east.
    """
    north_west = np.add.outer(np.arange(GRID) * (GRID + 1), np.arange(GRID)).reshape(-1, 1)
    return north_west + [0, GRID + 1, GRID + 2, 1]


def _draw_scene(characters, size, num_objects, clutter, fonts, distortion, random):
    """Return image, mask, boxes and labels of one scene."""
    labels = random.integers(len(characters), size=num_objects)
    sides = random.integers(size // 4, size // 2 + 1, size=num_objects).tolist()
    glyphs = [
        _draw_glyphs([characters[label]], side, fonts, distortion, random)[0]
        for label, side in zip(labels, sides)
    ]
    shapes = [glyph >= glyph.max() / 2 for glyph in glyphs]
    image = _draw_ground(size, clutter, random)
    mask = np.zeros((size, size), dtype="uint8")
    boxes = np.zeros((num_objects, 4), dtype="int64")
    for index, (top, left) in enumerate(_find_places(shapes, size, random)):
        glyph, side = glyphs[index], sides[index]
        place = np.s_[top : top + side, left : left + side]
        image[place] = image[place] * (1 - glyph / glyph.max()) + glyph
        mask[place][shapes[index]] = index + 1
        boxes[index] = _ink_box(shapes[index]) + [top, left, top, left]
    image += MAX_NOISE / 2 * random.normal(size=image.shape)
    return image.clip(0, 1), mask, boxes, labels


def _ink_box(shape):
    """Return the smallest box (top, left, bottom, right) round what is True."""
    rows, columns = np.nonzero(shape)
    return np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])


def _find_places(shapes, size, random):
    """Return (top, left) for each shape, so that their boxes stay a pixel apart."""
    for _ in range(LAYOUTS_TRIED):
        taken = np.zeros((size, size), dtype=bool)
        places = []
        for shape in shapes:
            place = _find_room(taken, shape, random)
            if place is None:
                break
            top, left, bottom, right = _ink_box(shape) + [*place, *place]
            taken[max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1] = True
            places.append(place)
        else:
            return places
    raise ValueError(
        f"found no room for {len(shapes)} objects on {size}×{size} pixels: ask for fewer objects "
        "or for larger scenes"
    )


def _find_room(taken, shape, random):
    """Return (top, left) of a free place for the shape's box, or None if several tries fail."""
    tries = random.integers(0, len(taken) - len(shape) + 1, size=(PLACES_TRIED, 2)).tolist()
    for place in tries:
        top, left, bottom, right = _ink_box(shape) + [*place, *place]
        if not taken[top:bottom, left:right].any():
            return place
    return None


def _draw_ground(size, clutter, random):
    """Return a soft grey pattern with strokes on it, of shape (size, size)."""
    from PIL import Image, ImageDraw

    coarse = Image.fromarray(random.uniform(0, 100, size=(5, 5)).astype("uint8"))
    picture = coarse.resize((2 * size, 2 * size), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(clutter):
        start = random.uniform(0, 2 * size, size=2)
        end = start + random.uniform(-size / 2, size / 2, size=2)
        draw.line(
            [*start.tolist(), *end.tolist()],
            fill=int(random.integers(120, 256)),
            width=int(random.integers(2, 7)),
        )
    return np.asarray(picture.reduce(2), dtype="float64") / 255
