"""Characters of matplotlib's fonts: cut where their ink ends, about as high as said."""

import numpy as np
import pytest

from utils.fonts import (
    CAPITALS,
    DIGITS,
    DRAWING_HEIGHT,
    FONTS,
    draw_character,
    require_characters,
    require_fonts,
)


@pytest.mark.parametrize("font", FONTS)
def test_a_drawing_ends_where_its_ink_ends_and_is_about_as_high_as_said(font):
    for character in DIGITS + CAPITALS:
        ink = np.asarray(draw_character(character, font))
        edges = [ink[0], ink[-1], ink[:, 0], ink[:, -1]]
        assert all(edge.max() > 0 for edge in edges), character
        if character not in "JQ":  # they reach below the line in some fonts
            assert 0.85 * DRAWING_HEIGHT < len(ink) < 1.25 * DRAWING_HEIGHT, character


def test_a_stroke_makes_a_character_thicker():
    thin, thick = (np.asarray(draw_character("L", "cmr10", stroke)) for stroke in (0, 3))
    assert thick.shape[0] > thin.shape[0] and (thick > 128).mean() > (thin > 128).mean()


@pytest.mark.parametrize(
    ("require", "given", "says"),
    [
        (require_fonts, ["Comic", "cmr10"], r"utils\.fonts\.FONTS, not \['Comic'\]"),
        (require_fonts, [], r"not \[\]"),
        (require_characters, "AB C", "A to Z can be drawn, not ' '"),
        (require_characters, "", "name at least one"),
    ],
)
def test_what_cannot_be_drawn_is_refused(require, given, says):
    with pytest.raises(ValueError, match=says):
        require(given)


def test_what_can_be_drawn_passes():
    require_fonts(FONTS)
    require_characters("0aZ")
