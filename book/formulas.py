"""Formulas as MathML, which browsers draw and read aloud by themselves, and as plain text."""

import functools
import html
import re
import unicodedata

from math_core import LatexError, LatexToMathML

__all__ = ["LatexError", "mathml", "plain"]

_converter = LatexToMathML()


@functools.cache
def mathml(tex, display=False):
    """Return a formula as MathML.

    Args:
        tex: the formula in LaTeX, without dollar signs.
        display: whether it stands on a line of its own.

    Raises:
        LatexError: if the formula is not understood.
    """
    return _converter.convert_with_local_state(tex, displaystyle=display)


def plain(tex):
    """Return a formula as text that can be searched: y = f (W ∗ X + b).

    Raises:
        LatexError: if the formula is not understood.
    """
    signs = html.unescape(re.sub(r"<[^>]+>", " ", mathml(tex)))
    text = " ".join(unicodedata.normalize("NFKC", signs).split())
    return re.sub(r"(?<=[(\[{]) | (?=[)\]},])", "", text)
