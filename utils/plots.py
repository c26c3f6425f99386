"""Figures, each shown with a text that says what it shows."""

import base64
import html
import io
import math

import matplotlib.pyplot as plt
from IPython.display import display
from PIL import Image


def show(figure, alt):
    """Display a figure and a line below it that opens to its alternative text; close the figure.

    JupyterLab and nbconvert give a picture no alternative text of their own, so the line is what
    a screen reader finds. Plain-text viewers show the text in the picture's place.

    Args:
        figure: a matplotlib Figure.
        alt: what the figure shows, in a sentence or two.

    Raises:
        ValueError: if `alt` says nothing.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError('say in `alt` what the figure shows: show(figure, alt="…")')
    encoded = base64.b64encode(_small_png(figure)).decode()
    plt.close(figure)
    display(
        {"image/png": encoded, "text/plain": alt},
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )
    summary = "<summary>What the figure shows</summary>"
    display({"text/html": f"<details>{summary}{html.escape(alt)}</details>"}, raw=True)


def _small_png(figure):
    """Return the figure as PNG with 256 colours: a third of the size, no difference to the eye."""
    full = io.BytesIO()
    figure.savefig(full, format="png")
    small = io.BytesIO()
    Image.open(full).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, "png")
    return small.getvalue()


def show_images(images, titles=None, *, alt, columns=8, scale=1.0):
    """Show images side by side, in rows.

    Args:
        images: array of shape (n, height, width), (n, height, width, 1) or (n, height, width, 3)
            with values in [0, 1]: 0 is shown black, 1 white.
        titles: n short texts, one over each image; or None.
        alt: what the images show (see `show`).
        columns: images in a row, at least 1.
        scale: width of one image in inches.

    Raises:
        ValueError: if there is no image, the shape is not an image's, the titles do not fit, or
            columns is below 1.
    """
    if len(images) == 0:
        raise ValueError("there is no image to show")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(images)} images need {len(images)} titles, not {len(titles)}")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, not {columns}")
    drawable = [_drawable(image) for image in images]
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    title_height = 0.0 if titles is None else 0.25
    figure, axes = plt.subplots(
        rows, columns, figsize=(scale * columns, (scale + title_height) * rows), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for index, (axis, image) in enumerate(zip(axes.flat, drawable)):
        draw_image(axis, image)
        if titles is not None:
            axis.set_title(titles[index], fontsize=9, loc="center", fontweight="normal")
    show(figure, alt)


def draw_image(axis, image):
    """Draw one image on a matplotlib Axes, in a thin frame, without ticks.

    Args:
        axis: the matplotlib Axes.
        image: array of shape (height, width), (height, width, 1) or (height, width, 3), values in
            [0, 1]: 0 is shown black, 1 white.

    Raises:
        ValueError: if the array has another shape.
    """
    axis.imshow(_drawable(image), vmin=0, vmax=1, cmap="gray")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set(visible=True, color="0.6", linewidth=0.8)


def _drawable(image):
    """Return the image as matplotlib wants it: (height, width) or (height, width, 3)."""
    if image.ndim == 3 and image.shape[-1] == 1:
        return image[..., 0]
    if image.ndim == 2 or (image.ndim == 3 and image.shape[-1] == 3):
        return image
    raise ValueError(
        "an image has the shape (height, width), (height, width, 1) or (height, width, 3), "
        f"not {image.shape}"
    )
