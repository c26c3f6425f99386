"""Figures: each is shown once, with words, and closed."""

import base64

import matplotlib.pyplot as plt
import numpy as np
import pytest

from utils import plots

PNG = b"\x89PNG\r\n\x1a\n"
GREY, ONE_CHANNEL, COLOUR = (5, 6, 7), (5, 6, 7, 1), (5, 6, 7, 3)


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: a list of (data, metadata) by type."""
    displays = []

    def display(data, metadata=None, *, raw):
        assert raw
        displays.append((data, metadata))

    monkeypatch.setattr(plots, "display", display)
    return displays


@pytest.fixture
def drawn(monkeypatch):
    """The figures that show_images hands to show."""
    figures = []
    monkeypatch.setattr(plots, "show", lambda figure, alt: figures.append((figure, alt)))
    return figures


def test_show_gives_the_alternative_text_in_all_ways(shown):
    plots.show(plt.figure(), alt="A curve that falls to 1 < 2.")
    (data, metadata), (below, _) = shown
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == "A curve that falls to 1 < 2."
    assert metadata == {"image/png": {"alt": "A curve that falls to 1 < 2."}}
    assert below["text/html"] == (
        "<details><summary>What the figure shows</summary>"
        "A curve that falls to 1 &lt; 2.</details>"
    )
    assert base64.b64decode(data["image/png"]).startswith(PNG)


def test_show_closes_its_figure_only(shown):
    kept, closed = plt.figure(), plt.figure()
    plots.show(closed, alt="Nothing.")
    assert plt.get_fignums() == [kept.number]


def test_the_same_figure_gives_the_same_bytes(shown):
    for _ in range(2):
        figure, axis = plt.subplots()
        axis.plot([1, 2])
        plots.show(figure, alt="A line.")
    assert shown[:2] == shown[2:]


@pytest.mark.parametrize("alt", ["", "  \n", None, 3])
def test_a_figure_without_words_is_refused(shown, alt):
    with pytest.raises(ValueError, match="say in `alt` what the figure shows"):
        plots.show(plt.figure(), alt=alt)
    assert not shown


@pytest.mark.parametrize("shape", [GREY, ONE_CHANNEL, COLOUR])
def test_show_images_draws_every_image(drawn, shape):
    images = np.random.default_rng(0).random(shape)
    plots.show_images(images, alt="Noise.", columns=3)
    ((figure, alt),) = drawn
    assert alt == "Noise."
    assert len(figure.axes) == 6  # two rows of three, the last place empty
    pictures = [axis.get_images()[0] for axis in figure.axes[:5]]
    assert not figure.axes[5].get_images()
    for picture, image in zip(pictures, images):
        np.testing.assert_array_equal(picture.get_array(), np.squeeze(image))
        assert shape == COLOUR or picture.get_clim() == (0, 1)


def test_show_images_writes_the_titles(drawn):
    plots.show_images(np.zeros(GREY), titles=list("abcde"), alt="Black.")
    assert [axis.get_title() for axis in drawn[0][0].axes] == list("abcde")


def test_show_images_closes_its_figure(shown):
    plots.show_images(np.zeros(COLOUR), alt="Black.")
    assert len(shown) == 2  # the figure, and the line below it
    assert not plt.get_fignums()


def test_titles_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="5 images need 5 titles, not 4"):
        plots.show_images(np.zeros(GREY), titles=list("abcd"), alt="Black.")


def test_no_image_is_refused():
    with pytest.raises(ValueError, match="no image to show"):
        plots.show_images(np.zeros((0, 6, 7)), alt="Nothing.")


@pytest.mark.parametrize("shape", [(5,), (5, 6), (5, 6, 7, 2), (5, 6, 7, 3, 1)])
def test_an_array_that_holds_no_images_is_named(shown, shape):
    with pytest.raises(ValueError, match=r"an image has the shape .*, not \("):
        plots.show_images(np.zeros(shape), alt="Nothing.")
    assert not shown
