"""A number is shown with its bound; whether the bound holds is what the tests compare."""

import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval.plugin import get_sanitize_patterns

from tests.test_budgets import run
from utils.claims import expect

PATTERNS = get_sanitize_patterns(Path(__file__).with_name("nbval_sanitize.cfg").read_text())


@pytest.mark.parametrize(
    ("value", "spec", "bounds", "says"),
    [
        (0.9471, ".3f", {"at_least": 0.9}, "0.947 (at least 0.9)"),
        (0.9, ".3f", {"at_least": 0.9}, "0.900 (at least 0.9)"),
        (0.8999, ".2f", {"at_least": 0.9}, "0.90 (expected at least 0.9)"),
        (np.float32(0.0123), ".1%", {"at_most": 0.02}, "1.2% (at most 2%)"),
        (3e-8, ".0e", {"at_most": 1e-6}, "3e-08 (at most 1e-06)"),
        (np.int64(7), "d", {"at_least": 5, "at_most": 9}, "7 (at least 5, at most 9)"),
        (10, "d", {"at_least": 5, "at_most": 9}, "10 (expected at least 5, at most 9)"),
        (-0.2, "+.1f", {"at_most": -0.1}, "-0.2 (at most -0.1)"),
        (0.1, ".1f", {"at_least": 0}, "0.1 (at least 0)"),
        (math.nan, ".3f", {"at_least": 0.9}, "nan (expected at least 0.9)"),
        (math.nan, ".3f", {"at_most": 0.9}, "nan (expected at most 0.9)"),
    ],
)
def test_the_number_its_bound_and_whether_it_holds(value, spec, bounds, says):
    assert expect(value, spec, **bounds) == says


def test_a_bound_is_needed():
    with pytest.raises(TypeError, match="at_least"):
        expect(0.9)


def sanitized(text):
    for pattern, replacement in PATTERNS:
        text = re.sub(pattern, replacement, text)
    return text


@pytest.mark.parametrize("spec", [".3f", ".1%", ".1e", "+.2f", ",.0f", "d"])
@pytest.mark.parametrize("number", [-1_234_567, -1, 0, 7, 1_234_567])
def test_the_number_alone_is_not_compared(number, spec):
    line = f"batch 32: {expect(number, spec, at_least=-1e9)}, of 8"
    bound = "-1e+11%" if spec == ".1%" else "-1e+09"
    assert sanitized(line) == f"batch 32: NUMBER (at least {bound}), of 8"


def test_nbval_overlooks_another_number_but_no_broken_bound(tmp_path):
    path = tmp_path / "claim.ipynb"
    for stored, failed in (("0.950 (at least 0.9)", 0), ("0.947 (at least 0.8)", 1)):
        cell = new_code_cell("print('0.947 (at least 0.9)')", execution_count=1)
        cell.outputs = [new_output("stream", name="stdout", text=f"{stored}\n")]
        nbformat.write(new_notebook(cells=[cell]), path)
        assert run(path).returncode == failed
