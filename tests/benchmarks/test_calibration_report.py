"""What a calibration reports: intervals, and which records are false accepts and false rejects."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from benchmarks.calibration import CALIBRATION
from benchmarks.calibration_report import Judged, coverage, wilson

SHIPPED = json.loads(CALIBRATION.read_text())
SURE = {name: 1e3 for part in ("match", "choice") for name in SHIPPED[part]["curves"]}
NOTHING = dict.fromkeys(SURE, 0.0)


@pytest.mark.parametrize(
    "count, of, low, high",
    # Newcombe 1998, table I, the score interval; and 3.84 / (n + 3.84).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=1e-4)
    assert wilson(of - count, of) == pytest.approx((1 - high, 1 - low), abs=1e-4)


def test_nothing_seen_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def record(error: float | None, evidence: dict[str, float], **other: Any) -> dict[str, Any]:
    made = {"kind": "easy", "family": "rigid", "several": False, "answerable": True, "alignable": error is not None}
    made |= {"error": error, "limit": 2.0, "exact": True, "gaps": [[0.1, -0.1]], "sigma": 0.1, "uncertainty": 0.1}
    return made | {"metric": "ncc", "capped": False, "warnings": [], "confidence": 1.0, "evidence": evidence} | other


def test_each_record_is_counted_as_what_it_is() -> None:
    rows = [
        record(0.1, SURE),
        record(0.1, NOTHING),  # right, refused
        record(0.1, NOTHING, warnings=["not-exact-enough"]),  # rightly
        record(0.1, NOTHING, answerable=False),  # nobody asked
        record(0.1, SURE, warnings=["misfit"]),  # right, refused by a gate
        record(3.0, NOTHING),  # too near to the limit
        record(0.1, SURE, several=True),  # either of two
        record(9.0, SURE),  # accepted, an untruth
        record(4.5, SURE),  # accepted, not far off
        record(None, SURE, uncertainty=2.0),  # accepted, and says that it may be off
        record(None, NOTHING),
        record(None, SURE, capped=True),
    ]
    judged = Judged.by(rows, SHIPPED)
    assert judged.false_rejects == [rows[1], rows[4]]
    assert judged.false_accepts == rows[7:10]
    assert judged.untruths == [rows[7]]
    assert judged.right.sum() == 5 and judged.wrong.sum() == 5
    assert (judged.right & judged.asked).sum() == 3


def test_errors_are_counted_against_what_is_stated() -> None:
    rng = np.random.default_rng(4)
    fit = SHIPPED["uncertainty"]["squared"]
    sigma = 0.2
    real = np.hypot(fit["factor"] * sigma, fit["floor"]) / np.sqrt(2)
    rows = [record(0.1, SURE, sigma=sigma, gaps=(real * rng.normal(size=(4, 2))).tolist()) for _ in range(2000)]
    parts = Judged.by(rows, SHIPPED).covered(SHIPPED)
    assert 100 * parts.mean(0) == pytest.approx([68.27, 95.45], abs=1.5)
    one, two = coverage(parts)
    assert one in ("67 ± 1", "68 ± 1", "69 ± 1") and two in ("95 ± 0", "96 ± 0", "95 ± 1")
    assert coverage(parts[:1]) == ["-", "-"]
