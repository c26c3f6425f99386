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


def wilson(c, n, z=1.96):
    """Return (low, high) of Wilson's interval for c right answers of n (Wilson 1927).

    Args:
        c: number of right answers.
        n: number of answers, which must not depend on each other.
        z: how wide; 1.96 for 95 %.

    Returns:
        tuple: (low, high), in [0, 1] but for rounding.
    """
    middle = (c + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(c * (n - c) / n + z**2 / 4)
    return middle - half, middle + half


def cluster_bootstrap(values, groups, draws=4000, confidence=0.95, seed=0):
    """Return (low, high): the middle part of the means when whole groups are drawn again.

    The percentile bootstrap (Efron and Tibshirani: An introduction to the bootstrap, 1993) over
    groups (Field and Welsh: Bootstrapping clustered data, Journal of the Royal Statistical
    Society B, 2007): as many groups as there are, drawn with repetition, each with all of its
    values. With few groups the interval is too narrow.

    Args:
        values: one number for each answer (0 or 1 for wrong or right), shape (n,), n at least 1.
        groups: which group each belongs to (a patient, a day, a photo), shape (n,), of any type
            that can be sorted; at least 2 different ones.
        draws: how often the groups are drawn, at least 1.
        confidence: the share of the means that lies between the two numbers, in (0, 1).
        seed: of the draws.

    Returns:
        tuple: (low, high), between the lowest and the highest mean of a group.

    Raises:
        ValueError: if the shapes differ, a value is not finite, there are fewer than two groups,
            fewer than one draw, or confidence is no share.
    """
    _require_groups(values, groups)
    if draws < 1:
        raise ValueError(f"at least one draw is needed, not {draws}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    _, group = np.unique(groups, return_inverse=True)
    sums, counts = np.bincount(group, values), np.bincount(group)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(draws, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return tuple(np.quantile(means, [0.5 - confidence / 2, 0.5 + confidence / 2]))


def reliability(confidence, is_right, num_bins=10):
    """Return (pictures, accuracy, mean confidence) of each bin that holds any picture.

    Args:
        confidence: the highest probability of each picture, shape (n,).
        is_right: whether its answer is right, shape (n,).
        num_bins: number of bins of equal width from 0 to 1.

    Returns:
        ndarray: shape (3, bins that hold any picture), from the lowest confidence to the highest.
    """
    bin_of = np.minimum((confidence * num_bins).astype(int), num_bins - 1)
    bins = [bin_of == b for b in range(num_bins) if np.any(bin_of == b)]
    return np.array([(b.sum(), is_right[b].mean(), confidence[b].mean()) for b in bins]).T


def calibration_error(probabilities, labels):
    """Return the expected calibration error: how far confidence and share of right answers differ.

    The mean over ten bins of equal width, weighted by their pictures (Guo and others: On
    calibration of modern neural networks, ICML 2017).

    Args:
        probabilities: shape (n, classes), n at least 1.
        labels: class numbers, shape (n,).

    Returns:
        float: in [0, 1]; 0 for a classifier that is as sure as it is right.
    """
    is_right = probabilities.argmax(axis=1) == labels
    count, accuracy, confidence = reliability(probabilities.max(axis=1), is_right)
    return np.sum(count / count.sum() * np.abs(accuracy - confidence))


def pairwise_iou(A, B):
    """Return the intersection over union of each box of A with each box of B.

    Others say Jaccard index (Jaccard: The distribution of the flora in the Alpine zone, 1912).

    Args:
        A: boxes (top, left, bottom, right), shape (n, 4), in any unit; bottom and right lie
            outside, as in a slice. n may be 0, as in `np.zeros((0, 4))`.
        B: boxes of the same kind, shape (m, 4).

    Returns:
        ndarray: shape (n, m), values in [0, 1]; 0 for two boxes without any area.

    Raises:
        ValueError: if the boxes have another shape, or end before they begin.
    """
    _require_boxes(A, B)
    A, B = np.asarray(A, float)[:, np.newaxis], np.asarray(B, float)  # (n, 1, 4) and (m, 4)
    begin = np.maximum(A[..., :2], B[..., :2])  # (n, m, 2): top and left of the shared part
    end = np.minimum(A[..., 2:], B[..., 2:])
    shared = (end - begin).clip(0).prod(axis=-1)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(axis=-1) for boxes in (A, B)]
    union = areas[0] + areas[1] - shared
    return np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)


def non_max_suppression(boxes, scores, max_iou=0.5):
    """Return which boxes stay when each drops the weaker boxes that overlap it too much.

    Greedy: the surest box stays, drops its rivals, and so on with the next one that is left. Of
    equal scores the first in the list goes first.

    Args:
        boxes: (top, left, bottom, right), shape (n, 4).
        scores: one number for each box, shape (n,).
        max_iou: the largest overlap at which a weaker box still stays, in [0, 1].

    Returns:
        ndarray: positions of the boxes that stay, the surest first.

    Raises:
        ValueError: if there are not as many scores as boxes, or a box is none.
    """
    _require_scores(boxes, scores)
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    overlaps = pairwise_iou(boxes, boxes)
    kept = []
    for i in order:
        if not np.any(overlaps[i, kept] > max_iou):
            kept.append(i)
    return np.array(kept, int)


def match_boxes(boxes, scores, known, min_iou=0.5):
    """Return for each found box of one picture whether it is a hit.

    The surest box chooses first: it takes the known box that it overlaps most among those that
    nobody has taken, if the overlap is at least `min_iou`. So a second box on the same object is a
    false alarm. This is the rule of the benchmark COCO (Lin and others: Microsoft COCO, 2014).

    Args:
        boxes: found boxes (top, left, bottom, right), shape (n, 4).
        scores: one number for each found box, shape (n,).
        known: the true boxes, shape (m, 4).
        min_iou: the smallest overlap of a hit, in (0, 1].

    Returns:
        ndarray: n times True or False.

    Raises:
        ValueError: if there are not as many scores as boxes, or a box is none.
    """
    _require_scores(boxes, scores)
    hits = np.zeros(len(boxes), bool)
    overlaps = pairwise_iou(boxes, known)[:, ::-1]  # of equal overlaps COCO takes the last
    for i in np.argsort(-np.asarray(scores, float), kind="stable"):
        if overlaps[i].max(initial=0) >= min_iou:
            hits[i] = True
            overlaps[:, overlaps[i].argmax()] = -1  # taken
    return hits


def precision_recall(found, known, min_iou=0.5):
    """Return precision and recall when the threshold sinks from one found box to the next.

    Args:
        found: for each picture a pair (boxes, scores) of shapes (n, 4) and (n,).
        known: for each picture its true boxes, shape (m, 4).
        min_iou: the smallest overlap of a hit, in (0, 1].

    Returns:
        tuple: precision and recall, one number each for all found boxes down to the first, the
        second … by score, over all pictures. Recall is nan if there is no true box.

    Raises:
        ValueError: if the numbers of pictures differ.
    """
    if len(found) != len(known):
        raise ValueError(f"found has {len(found)} pictures, known has {len(known)}")
    matched = [match_boxes(*pair, truth, min_iou) for pair, truth in zip(found, known)]
    hits = np.concatenate([*matched, np.zeros(0, bool)])
    scores = np.concatenate([*(scores for _, scores in found), np.zeros(0)])
    hits = hits[np.argsort(-scores, kind="stable")].cumsum()
    total = sum(len(truth) for truth in known)
    precision = hits / np.arange(1, len(hits) + 1)
    return precision, hits / total if total else np.full(len(hits), np.nan)


def average_precision(found, known, min_iou=0.5):
    """Return the average precision of a detector for one class, as COCO computes it.

    At each recall 0, 0.01, … 1 the best precision that is reached at this recall or a higher one,
    0 where the recall is not reached; the mean of these 101 numbers.

    Args:
        found: for each picture a pair (boxes, scores) of shapes (n, 4) and (n,).
        known: for each picture its true boxes, shape (m, 4).
        min_iou: the smallest overlap of a hit, in (0, 1].

    Returns:
        float: in [0, 1]; nan if no picture has a true box, for then there is no recall.

    Raises:
        ValueError: if the numbers of pictures differ, or a box is none.
    """
    precision, recall = precision_recall(found, known, min_iou)
    if not any(len(truth) for truth in known):
        return np.nan
    best_later = np.maximum.accumulate(precision[::-1])[::-1]  # (found,)
    first = np.searchsorted(recall, np.linspace(0, 1, 101))  # the first found box at this recall
    return np.append(best_later, 0)[first].mean()


def _require_boxes(*arrays):
    for boxes in arrays:
        if np.ndim(boxes) != 2 or np.shape(boxes)[1] != 4:
            raise ValueError(
                f"boxes have the shape (n, 4), not {np.shape(boxes)}: one box is [box], no box is "
                "np.zeros((0, 4))"
            )
        boxes = np.asarray(boxes, float)
        if not (boxes[:, 2:] >= boxes[:, :2]).all():  # NaN fails, too
            raise ValueError(
                "a box is (top, left, bottom, right): bottom must not be above top, nor right "
                "left of left"
            )


def _require_groups(values, groups):
    if np.ndim(values) != 1 or np.shape(values) != np.shape(groups):
        raise ValueError(
            "each value needs its group: two arrays of one shape (n,), not "
            f"{np.shape(values)} and {np.shape(groups)}"
        )
    if not np.isfinite(np.asarray(values, float)).all():
        raise ValueError("a value is not a finite number")
    if len(np.unique(groups)) < 2:
        raise ValueError(
            "at least two groups are needed: one group says nothing about how groups differ"
        )


def _require_scores(boxes, scores):
    _require_boxes(boxes)
    if np.shape(scores) != (len(boxes),):
        raise ValueError(
            f"{len(boxes)} boxes need scores of shape ({len(boxes)},), not {np.shape(scores)}"
        )
