"""Measures agree with SciPy and COCO's own code, and hold what they claim."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.stats import binomtest, bootstrap, ttest_1samp
from sklearn.calibration import calibration_curve

from utils.metrics import (
    average_precision,
    calibration_error,
    cluster_bootstrap,
    match_boxes,
    non_max_suppression,
    paired_mean,
    pairwise_iou,
    precision_recall,
    reliability,
    wilson,
)

NO_BOXES, NO_SCORES = np.zeros((0, 4)), np.zeros(0)
# Coarse numbers make ties of scores and of overlaps, exact overlaps of 0.5, and double hits.
SIDES = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 4), st.integers(1, 4))
BOXES = SIDES.map(lambda s: (s[0], s[1], s[0] + s[2], s[1] + s[3]))


def box_array(boxes):
    return np.array(boxes, float).reshape(-1, 4)


def as_coco(boxes):
    """Return boxes (top, left, bottom, right) as COCO's rows (left, top, width, height)."""
    boxes = box_array(boxes)
    rows = np.column_stack([boxes[:, [1, 0]], boxes[:, [3, 2]] - boxes[:, [1, 0]]])
    return np.ascontiguousarray(rows)  # COCO's code reads the memory row by row


def coco_average_precision(found, known, thresholds):
    """Return the average precision at each threshold, by COCO's own code (nan: no truth)."""
    truths, answers = [], []
    for image, (truth, (boxes, scores)) in enumerate(zip(known, found), start=1):
        for row in as_coco(truth):
            truths.append({"id": len(truths) + 1, "image_id": image, "category_id": 1,
                           "bbox": row.tolist(), "area": row[2] * row[3],
                           "iscrowd": 0})  # fmt: skip
        for row, score in zip(as_coco(boxes), scores):
            answers.append({"image_id": image, "category_id": 1, "bbox": row.tolist(),
                            "score": float(score)})  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"images": [{"id": n + 1} for n in range(len(known))],
                        "categories": [{"id": 1}], "annotations": truths, "info": {}}  # fmt: skip
        coco.createIndex()
        if not answers:
            return [0.0 if truths else np.nan] * len(thresholds)  # loadRes refuses an empty list
        judge = COCOeval(coco, coco.loadRes(answers), "bbox")
        judge.params.iouThrs = np.array(thresholds)
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
        judge.params.maxDets = [1000]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, 0, 0, 0]  # (thresholds, 101); -1: no truth
    return np.where(precision[:, 0] < 0, np.nan, precision.mean(axis=1))


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


@pytest.mark.parametrize("n", [1, 6, 100])
def test_wilsons_interval_is_scipys(n):
    for c in range(n + 1):
        expected = binomtest(c, n).proportion_ci(method="wilson")
        np.testing.assert_allclose(wilson(c, n, z=1.959964), expected, atol=1e-6)


def test_two_groups_drawn_by_hand():
    """(0, 0, 0, 1) and (1, 1, 1, 1): the means 1/4, 5/8, 5/8, 1, each a quarter of the draws."""
    values, groups = [0, 0, 0, 1, 1, 1, 1, 1], list("aaaabbbb")
    assert cluster_bootstrap(values, groups) == (0.25, 1)
    assert cluster_bootstrap(values, groups, confidence=0.4) == (0.625, 0.625)


def test_groups_of_unequal_size_count_by_their_answers():
    """Groups of 1 and 3 answers: all of the first, both, all of the second."""
    ends = cluster_bootstrap([1, 0, 0, 0], [7, 2, 2, 2])
    assert ends == (0, 1)
    assert cluster_bootstrap([1, 0, 0, 0], [7, 2, 2, 2], confidence=0.2) == (0.25, 0.25)


def test_the_bootstrap_over_groups_is_scipys():
    random = np.random.default_rng(1)
    values = random.random(600) < np.repeat(np.linspace(0.1, 0.9, 30), 20)
    means = values.reshape(30, 20).mean(axis=1)
    expected = bootstrap((means,), np.mean, method="percentile", n_resamples=20_000, rng=0)
    ours = cluster_bootstrap(values, np.repeat(np.arange(30), 20), draws=20_000)
    np.testing.assert_allclose(ours, expected.confidence_interval, atol=0.01)


def test_as_many_bootstrap_intervals_as_claimed_hold_the_truth():
    """40 groups of 5 answers that are alike within a group; the true mean is 1/2."""
    random, groups = np.random.default_rng(0), np.repeat(np.arange(40), 5)
    held = 0
    for seed in range(300):
        chances = np.repeat(random.random(40), 5)
        low, high = cluster_bootstrap(random.random(200) < chances, groups, 500, seed=seed)
        held += low <= 0.5 <= high
    assert 0.9 < held / 300 < 0.98


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([1, 0], [1, 2, 3]), "its group"),
        (([[1, 0]], [[1, 2]]), "its group"),
        (([1, np.nan], [1, 2]), "finite"),
        (([1, 0], [1, 1]), "two groups"),
        (([], []), "two groups"),
        (([1, 0], [1, 2], 0), "draw"),
        (([1, 0], [1, 2], 10, 1.0), "confidence"),
    ],
)
def test_groups_that_cannot_be_drawn_are_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        cluster_bootstrap(*arguments)


@pytest.mark.parametrize("num_bins", [5, 10])
def test_reliability_is_scikit_learns(num_bins):
    random = np.random.default_rng(0)
    confidence = np.append(random.random(300), [0, 1])
    is_right = random.random(302) < confidence
    count, accuracy, mean = reliability(confidence, is_right, num_bins)
    assert count.sum() == 302 and len(count) == num_bins
    expected = calibration_curve(is_right, confidence, n_bins=num_bins)
    np.testing.assert_allclose([accuracy, mean], expected)


def test_calibration_error_by_hand():
    sure = np.array([0.95, 0.93, 0.65, 0.61, 0.69])  # right: the first, third and fourth
    probabilities = np.stack([sure, 1 - sure], axis=1)
    error = calibration_error(probabilities, np.array([0, 1, 0, 0, 1]))
    assert error == pytest.approx(2 / 5 * 0.44 + 3 / 5 * abs(2 / 3 - 0.65))
    assert calibration_error(np.eye(3), np.arange(3)) == 0


@given(st.lists(BOXES, max_size=6), st.lists(BOXES, max_size=6))
def test_overlaps_are_cocos(A, B):
    overlaps = pairwise_iou(box_array(A), box_array(B))
    assert overlaps.shape == (len(A), len(B))
    if A and B:
        expected = coco_mask.iou(as_coco(A), as_coco(B), [0] * len(B))
        np.testing.assert_allclose(overlaps, expected, atol=1e-12)


def test_overlaps_of_real_numbers_are_cocos():
    random = np.random.default_rng(0)
    corners = random.uniform(0, 50, size=(60, 2))
    boxes = np.column_stack([corners, corners + random.uniform(1, 30, size=(60, 2))])
    expected = coco_mask.iou(as_coco(boxes[:30]), as_coco(boxes[30:]), [0] * 30)
    np.testing.assert_allclose(pairwise_iou(boxes[:30], boxes[30:]), expected, atol=1e-12)


def test_overlap_by_hand():
    A, B = [(0, 0, 4, 4)], [(2, 1, 6, 5), (0, 0, 4, 4), (4, 0, 8, 4), (1, 1, 1, 1)]
    np.testing.assert_allclose(pairwise_iou(A, B), [[6 / 26, 1, 0, 0]])
    assert pairwise_iou([(1, 1, 1, 1)], [(1, 1, 1, 1)]) == 0


PICTURES = st.lists(
    st.tuples(
        st.lists(st.tuples(BOXES, st.sampled_from([0.2, 0.4, 0.6, 0.8])), max_size=7),
        st.lists(BOXES, max_size=4),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(PICTURES)
def test_average_precision_is_cocos(pictures):
    found = [
        (box_array([b for b, _ in some]), np.array([s for _, s in some], float))
        for some, _ in pictures
    ]
    known = [box_array(truth) for _, truth in pictures]
    thresholds = [0.1, 0.5, 0.75, 0.95]
    ours = [average_precision(found, known, t) for t in thresholds]
    np.testing.assert_allclose(ours, coco_average_precision(found, known, thresholds), atol=1e-9)


def test_average_precision_of_many_pictures_is_cocos():
    random = np.random.default_rng(1)
    found, known = [], []
    for _ in range(40):
        corners = random.uniform(0, 60, size=(random.integers(1, 6), 2))
        truth = np.column_stack([corners, corners + random.uniform(8, 30, size=corners.shape)])
        near = np.repeat(truth, 3, axis=0) + random.normal(0, 2, size=(3 * len(truth), 4))
        found.append((near, random.random(len(near)).round(2)))
        known.append(truth)
    thresholds = np.linspace(0.5, 0.95, 10)
    ours = [average_precision(found, known, t) for t in thresholds]
    assert 0.02 < np.mean(ours) < 0.98
    np.testing.assert_allclose(ours, coco_average_precision(found, known, thresholds), atol=1e-9)


TWO = np.array([[0.0, 0, 10, 10], [20, 20, 30, 30]])


@pytest.mark.parametrize(
    ("boxes", "scores", "known", "expected"),
    [
        (TWO, [0.9, 0.8], TWO, 1),
        (TWO[:1], [0.9], TWO, 51 / 101),  # recall 0.5: the points 0, 0.01 … 0.5
        (TWO + 50, [0.9, 0.8], TWO, 0),  # no hit
        (NO_BOXES, NO_SCORES, TWO, 0),  # nothing found
        (TWO, [0.9, 0.8], NO_BOXES, np.nan),  # no truth
        (NO_BOXES, NO_SCORES, NO_BOXES, np.nan),
        (TWO[[0, 0, 1]], [0.9, 0.8, 0.7], TWO, (51 + 50 * 2 / 3) / 101),  # a double hit
        (TWO[[0, 0, 1]], [0.5, 0.5, 0.5], TWO, (51 + 50 * 2 / 3) / 101),  # the same, all tied
        (TWO[[1, 0]] + [[50], [0]], [0.5, 0.5], TWO[:1], 0.5),  # tied: the first counts first
    ],
)
def test_average_precision_by_hand(boxes, scores, known, expected):
    value = average_precision([(np.array(boxes), np.array(scores))], [known])
    np.testing.assert_allclose(value, expected)


def test_precision_and_recall_by_hand():
    found = [(TWO[[0, 0]], np.array([0.9, 0.6])), (TWO[[1]], np.array([0.7]))]
    precision, recall = precision_recall(found, [TWO, TWO[[1]]])
    np.testing.assert_allclose(precision, [1, 1, 2 / 3])
    np.testing.assert_allclose(recall, [1 / 3, 2 / 3, 2 / 3])


def test_a_box_takes_the_best_that_is_free():
    known = np.array([[0, 0, 10, 10], [0, 2, 10, 12]])
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10]])
    assert match_boxes(boxes, [0.9, 0.8], known).tolist() == [True, True]
    assert match_boxes(boxes, [0.9, 0.8], known, min_iou=0.7).tolist() == [True, False]
    assert match_boxes(boxes, [0.8, 0.9], known, min_iou=0.7).tolist() == [False, True]


@given(st.lists(st.tuples(BOXES, st.sampled_from([0.2, 0.5, 0.5, 0.9])), max_size=9),
       st.sampled_from([0, 0.3, 0.5, 1]))  # fmt: skip
def test_suppression_leaves_the_surest_and_no_rivals(found, max_iou):
    boxes, scores = box_array([b for b, _ in found]), np.array([s for _, s in found], float)
    kept = non_max_suppression(boxes, scores, max_iou)
    overlaps = pairwise_iou(boxes, boxes)
    assert list(scores[kept]) == sorted(scores[kept], reverse=True)
    among = overlaps[np.ix_(kept, kept)]
    assert np.all(among[~np.eye(len(kept), dtype=bool)] <= max_iou)
    for i in set(range(len(boxes))) - set(kept.tolist()):  # each has a rival that is as sure
        assert np.any((overlaps[i, kept] > max_iou) & (scores[kept] >= scores[i]))
    again = non_max_suppression(boxes[kept], scores[kept], max_iou)
    assert again.tolist() == list(range(len(kept)))


def test_suppression_is_tensorflows():
    import tensorflow as tf

    random = np.random.default_rng(2)
    corners = random.uniform(0, 60, size=(200, 2))
    boxes = np.column_stack([corners, corners + random.uniform(8, 30, size=corners.shape)])
    scores = random.permutation(200) / 200
    for max_iou in (0.1, 0.3, 0.5, 0.9):
        expected = tf.image.non_max_suppression(boxes, scores, 200, max_iou)
        assert non_max_suppression(boxes, scores, max_iou).tolist() == expected.numpy().tolist()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: pairwise_iou((0, 0, 1, 1), TWO), r"\(n, 4\), not \(4,\)"),
        (lambda: pairwise_iou([], TWO), r"np\.zeros\(\(0, 4\)\)"),
        (lambda: pairwise_iou([(5, 0, 1, 1)], TWO), "bottom must not be above"),
        (lambda: pairwise_iou([(0, 0, np.nan, 1)], TWO), "top, left, bottom, right"),
        (lambda: non_max_suppression(TWO, [0.5]), "2 boxes need scores"),
        (lambda: match_boxes(TWO, [0.5, 0.4, 0.3], TWO), "2 boxes need scores"),
        (lambda: precision_recall([(TWO, [0.5, 0.4])], []), "found has 1 pictures, known has 0"),
        (lambda: average_precision([], [TWO]), "found has 0 pictures, known has 1"),
    ],
)
def test_bad_boxes_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
