"""What lies still beside an answer, and casts no doubt on it."""

from __future__ import annotations

import numpy as np
import pytest

import superpose
from benchmarks.trust_kinds import draw


@pytest.mark.parametrize(
    ("kind", "number", "half"),
    [
        ("round-field", 60, 1),  # a round rim is the same after any turn
        ("round-field", 52, 1),  # it fits as the images are; without its rim half of the few tiles lie elsewhere
        ("fixed-pattern", 116, 0),  # along a dead column, which is left out, tiles could lie anywhere
    ],
)
def test_what_holds_under_the_answer_or_is_left_out_already(kind: str, number: int, half: int) -> None:
    pair = draw(kind, 2026, number, half)
    found = superpose.register(pair.fixed, pair.moving, transform=pair.family)
    assert found.reliable and pair.error(np.array(found.transform.matrix)) < 0.1
