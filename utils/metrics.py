"""How good, and how sure: measures that a chapter derives and later chapters use again."""

import numpy as np


def paired_mean(differences, confidence=0.95):
    """Return the mean of paired differences and how sure it is: the half width of its interval.

    Student's interval (The probable error of a mean, Biometrika, 1908); it is right for pairs that
    are independent of each other and whose differences are not too skew.

    Args:
        differences: one number for each pair, shape (n,), n at least 2.
        confidence: the share of such intervals that hold the true mean, in (0, 1).

    Returns:
        tuple: (mean, half width).

    Raises:
        ValueError: if there are fewer than two pairs, or confidence is no share.
    """
    from scipy.stats import t as student_t

    if np.ndim(differences) != 1:
        raise ValueError(f"one number for each pair, shape (n,), not {np.shape(differences)}")
    if len(differences) < 2:
        raise ValueError(f"at least two pairs are needed, not {len(differences)}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    n = len(differences)
    spread = np.std(differences, ddof=1)
    t = student_t.ppf(0.5 + confidence / 2, n - 1)  # as much is cut off on either side
    return np.mean(differences), t * spread / np.sqrt(n)
