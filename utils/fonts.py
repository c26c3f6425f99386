"""Characters that every machine can draw: the fonts that matplotlib ships.

Like `runtime`, this module stands at the bottom: `synthetic` and `plates` import it.
"""

import functools
from pathlib import Path

DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique",
    "DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique",
    "DejaVuSansMono-BoldOblique", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic",
    "DejaVuSerif-BoldItalic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic",
    "STIXGeneralBolIta", "cmr10", "cmb10", "cmss10", "cmti10", "cmtt10",
)  # fmt: skip
DRAWING_HEIGHT = 48  # pixels: about the height of a drawn digit or capital


@functools.cache
def draw_character(character, font, stroke=0):
    """Draw one character, white on black, and cut it out where its ink ends.

    Args:
        character: a digit, or a letter from A to Z or a to z.
        font: a name from FONTS.
        stroke: pixels that are added to each side of the strokes, an integer from 0.

    Returns:
        PIL.Image.Image: a grey picture; a digit or capital is about 48 pixels high.
    """
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    # The digits and capitals of these fonts are 0.62 to 0.74 of the font's size high.
    letters = ImageFont.truetype(path, round(DRAWING_HEIGHT / 0.7))
    left, top, right, bottom = letters.getbbox(character, stroke_width=stroke)
    image = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text(
        (-left, -top), character, fill=255, font=letters, stroke_width=stroke
    )
    return image.crop(image.getbbox())


def require_fonts(fonts):
    """Raise a ValueError unless `fonts` holds names from FONTS, and at least one."""
    unknown = [font for font in fonts if font not in FONTS]
    if unknown or not len(fonts):
        raise ValueError(f"fonts must be names from utils.fonts.FONTS, not {unknown or fonts}")


def require_characters(characters):
    """Raise a ValueError unless every character can be drawn, and there is at least one."""
    for character in characters:
        if character not in tuple(DIGITS + CAPITALS + CAPITALS.lower()):
            raise ValueError(f"only digits and the letters A to Z can be drawn, not {character!r}")
    if not len(characters):
        raise ValueError("characters is empty: name at least one, such as \"0123456789\"")
