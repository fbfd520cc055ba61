"""The laws' changes are what they say, and what breaks a law is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.cases import moved
from benchmarks.laws.changes import CHANGES
from benchmarks.laws.subjects import Answer, answer, drawn, little_overlap
from benchmarks.laws.trials import FAMILIES, Nested, Seen, nested_table, nesting_subject, seen_table

Floats = NDArray[np.float64]
TRUTH = np.array([[1.0, 0.02, 3], [-0.02, 1, -4], [0, 0, 1]])


def _image(seed: int, shape: tuple[int, int]) -> Floats:
    return ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2) + 1


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_pair_is_the_same_pair(name: str) -> None:
    fixed, moving = _image(1, (130, 160)), _image(2, (140, 120))
    for seed in range(4):
        changed = CHANGES[name](np.random.default_rng(seed), fixed, moving)
        inner = np.array([[20.0, 30], [40, 25], [60, 80], [100, 99]])
        for image, other, matrix in (
            (fixed, changed.fixed, changed.of_fixed),
            (moving, changed.moving, changed.of_moving),
        ):
            places = tuple(np.rint(moved(matrix, inner)).astype(int).T)
            before, after = image[tuple(inner.astype(int).T)], other[places]
            if name in ("bent", "scaled"):  # greys keep their order
                assert (np.argsort(before) == np.argsort(after)).all()
            else:
                np.testing.assert_array_equal(before, after)
        found = Answer(changed.of_moving @ TRUTH @ np.linalg.inv(changed.of_fixed), 0.1, True)
        assert changed.undone(found).distance(Answer(TRUTH, 0.1, True), fixed.shape) < 1e-9
        assert changed.undone(Answer(None, np.inf, False)).matrix is None
    if name != "transposed":
        assert not (np.array_equal(changed.fixed, fixed) and np.array_equal(changed.moving, moving))


def test_the_distance_of_two_answers_is_in_pixels_of_fixed() -> None:
    one = Answer(np.diag([2.0, 2.0, 1.0]), 0.1, True)
    other = Answer(np.array([[2.0, 0, 6], [0, 2, 8], [0, 0, 1]]), 0.1, True)
    assert one.distance(other, (50, 60)) == pytest.approx(5)
    assert one.distance(Answer(None, np.inf, False), (50, 60)) == np.inf


def test_what_breaks_a_law_of_seeing() -> None:
    kept = Seen("padded", "x", (True, True), (0.1, 0.1), 1.0, 0.29, 0.1, "")
    assert not kept.apart and not kept.became_wrong
    assert replace(kept, distance=0.31).apart
    assert not replace(kept, distance=9.0, reliable=(True, False)).apart
    assert not replace(kept, reliable=(False, True)).became_wrong
    assert replace(kept, reliable=(False, True), errors=(7.0, 3.6)).became_wrong
    assert replace(kept, reliable=(True, False), errors=(3.6, 0.1)).became_wrong
    text = seen_table([kept, replace(kept, distance=0.31), replace(kept, reliable=(False, True), errors=(7.0, 3.6))])
    assert "| padded | 3 | 2 | 1 (50.0 %) | 1 | 1 |" in text
    assert "| all | 3 | 2 | 1 (50.0 %) | 1 | 1 |" in text


def test_what_breaks_the_law_of_families() -> None:
    kept = Nested("rigid", "x", (0.12, 0.1), 0.03, 1.0)
    assert kept.excess == 0 and not kept.lost
    assert replace(kept, errors=(0.5, 0.1)).excess == pytest.approx(0.37)
    lost = replace(kept, errors=(50.0, 0.1))
    assert lost.lost
    assert not replace(kept, errors=(50.0, 40.0)).lost and replace(kept, errors=(50.0, 40.0)).excess == 0
    assert "| rigid | 2 | 2 | 1 | 1 | 1 |" in nested_table([kept, lost])


@pytest.mark.slow
def test_subjects_are_drawn_alike_and_in_turn() -> None:
    (one, _), (two, _) = drawn(3, 5), drawn(3, 5)
    np.testing.assert_array_equal(one.fixed, two.fixed)
    assert one.name == two.name
    assert [nesting_subject(3, trial).family for trial in range(4)] == list(FAMILIES[:4])


def test_crops_share_as_much_as_they_say() -> None:
    subject = little_overlap(3, 0)
    shared = subject.options["min_overlap"] / 0.8
    found = answer(subject.fixed, subject.moving, "rigid", {})
    assert 0.12 <= shared <= 0.4
    assert subject.error(np.eye(3)) > 50
    assert found.failure == ""
    assert "min_overlap" in answer(subject.fixed, subject.moving, "rigid", {"min_overlap": 3.0}).failure
