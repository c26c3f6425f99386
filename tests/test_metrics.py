"""Measures agree with SciPy, and hold what they claim."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from utils.metrics import paired_mean


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.995])
@pytest.mark.parametrize("n", [2, 8, 100])
def test_the_interval_is_scipys(n, confidence):
    differences = np.random.default_rng(n).normal(0.02, 0.03, size=n)
    mean, half = paired_mean(differences, confidence)
    expected = ttest_1samp(differences, 0).confidence_interval(confidence)
    np.testing.assert_allclose([mean - half, mean + half], expected)


def test_as_many_intervals_as_claimed_hold_the_truth():
    draws = np.random.default_rng(0).normal(0.02, 0.03, size=(4_000, 8))
    held = [abs(mean - 0.02) <= half for mean, half in map(paired_mean, draws)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(
    ("differences", "confidence", "says"),
    [
        ([0.1], 0.95, "two pairs"),
        ([[0.1, 0.2]], 0.95, r"not \(1, 2\)"),
        ([0.1, 0.2], 95, "between 0 and 1"),
        ([0, 1], 0, "between"),
    ],
)
def test_what_cannot_be_judged_is_refused(differences, confidence, says):
    with pytest.raises(ValueError, match=says):
        paired_mean(differences, confidence)
