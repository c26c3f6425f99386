"""A figure that changed for good is caught; one that another machine draws passes."""

import base64
import io
import itertools
import random

import nbformat
import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.contract import figures
from tests.figures import correlation, figure_faults, look_fault, pictures
from tools.build_notebooks import ROOT, find_lessons


@pytest.fixture(scope="module")
def drawn():
    """All figures of all chapters."""
    notebooks = (
        nbformat.read(ROOT / "chapters" / f"{path.stem}.ipynb", as_version=4)
        for path in find_lessons()
    )
    return pictures([output for notebook in notebooks for _, output in figures(notebook)])


def test_a_blank_or_red_picture_is_caught(drawn):
    for colour in ("white", "red"):
        assert all(look_fault(Image.new("RGB", figure.size, colour), figure) for figure in drawn)


def test_a_figure_turned_over_is_caught(drawn):
    for turn in (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM):
        passed = [not look_fault(figure.transpose(turn), figure) for figure in drawn]
        assert np.mean(passed) <= 0.05  # those that are nearly symmetric


def test_a_figure_in_another_ones_place_is_mostly_caught(drawn):
    pairs = random.Random(0).sample(list(itertools.permutations(drawn, 2)), 2000)
    assert np.mean([not look_fault(*pair) for pair in pairs]) <= 0.01


def test_a_figure_drawn_a_little_otherwise_passes(drawn):
    for figure in drawn:
        wider = figure.resize((figure.width + 6, figure.height + 4))
        assert look_fault(wider.filter(ImageFilter.GaussianBlur(1)), figure) is None


def output(picture):
    """A notebook's output with a picture as PNG."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return {"data": {"image/png": base64.b64encode(stream.getvalue()).decode()}}


def test_a_missing_figure_is_named():
    figure = output(Image.linear_gradient("L"))
    assert figure_faults([], [figure]) == ["0 figures, 1 are stored"]
    assert figure_faults([figure], [figure]) == []
    turned = output(Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM))
    assert "likeness to the stored one is -1.00" in figure_faults([turned], [figure])[0]


def test_two_pictures_correlate():
    ramp = np.linspace(0, 1, 12).reshape(3, 4)
    assert correlation(ramp, 3 * ramp + 1) == pytest.approx(1)
    assert correlation(ramp, -ramp) == pytest.approx(-1)
    assert correlation(ramp, np.ones((3, 4))) == 0
