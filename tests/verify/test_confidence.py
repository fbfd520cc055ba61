"""From evidence to confidence: rising, bounded, and never sure where a rival is as good."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpose._verify.confidence import calibration, features, from_document
from superpose._verify.evidence import Contender, Evidence
from superpose._verify.settings import EvidenceSettings

NAMES = (
    "consistency",
    "consistency_coarser",
    "consistency_weighted",
    "slopes",
    "above",
    "exact",
    "significance",
    "lead",
)
values = st.fixed_dictionaries({name: st.floats(0, 40) for name in NAMES})


@given(values, st.sampled_from(NAMES), st.floats(0, 10))
def test_more_evidence_never_lowers_it(given_values: dict[str, float], name: str, more: float) -> None:
    fitted = calibration()
    better = given_values | {name: given_values[name] + more}
    assert 0 <= fitted.confidence(given_values) <= fitted.confidence(better) <= 1


@given(values)
def test_an_equal_rival_leaves_an_even_chance_at_most(given_values: dict[str, float]) -> None:
    assert calibration().confidence(given_values | {"lead": 0.0}) <= 0.5


def test_the_ends() -> None:
    fitted = calibration()
    assert fitted.confidence(dict.fromkeys(NAMES, 0.0)) < 0.05
    assert fitted.confidence(dict.fromkeys(NAMES, 40.0)) > 0.98
    assert 0.3 < fitted.threshold < 0.999


def test_weights_are_not_negative() -> None:
    document = json.loads(files("superpose._verify").joinpath("calibration.json").read_text("utf-8"))
    for part in ("match", "choice"):
        for curve in document[part]["curves"].values():
            assert min(curve["weights"]) >= 0
            assert curve["knots"] == sorted(curve["knots"])
    for name in ("squared", "orientation"):
        assert document["uncertainty"][name]["factor"] > 0 and document["uncertainty"][name]["floor"] >= 0


def test_features_are_the_finest_level_s_and_the_nearest_rival_s() -> None:
    contenders = (Contender(np.eye(3), 0.5, 7.0), Contender(np.eye(3), 0.9, 2.5))
    two = np.array([[5.0, 9.0], [4.0, -1.0]])
    settings = EvidenceSettings()
    found = features(Evidence(two, 0.5 * two, 0.5, 6.0, contenders, None, 0.0), 2.5, settings)
    assert found == dict(zip(NAMES, (9.0, 4.0, 4.5, 0.5 * np.log(3), 6.0, 0.0, 2.5, 2.5), strict=True))
    alone = features(Evidence(-two, -two, 0.0, -1.0, (), None, 0.0), -1.0, settings)
    assert alone == dict(zip(NAMES, (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 20.0), strict=True))


@pytest.mark.parametrize(
    "slopes, above, exact",
    [
        (0.99, 12.0, 0.0),
        (0.96, 90.0, 0.0),
        (np.tanh(2.5), 22.0, 5.0),
        (np.tanh(2.5), 40.0, 14.0),
        (np.tanh(2.5), 90.0, 14.0),
    ],
)
def test_agreeing_exactly_and_standing_out_count_together(slopes: float, above: float, exact: float) -> None:
    evidence = Evidence(np.full((2, 2), 2.8), np.full((2, 2), 2.8), slopes, above, (), None, 0.0)
    assert features(evidence, 5.0, EvidenceSettings())["exact"] == pytest.approx(exact)


def test_one_letter_that_agrees_exactly_is_believed() -> None:
    one_tile = np.full((2, 2), 2.82)
    fitted = calibration()
    found = [
        fitted.confidence(
            features(Evidence(one_tile, one_tile, np.tanh(slopes), above, (), None, 0.0), 5.0, EvidenceSettings())
        )
        for slopes, above in ((2.8, 60.0), (2.8, 12.0), (1.5, 60.0))
    ]
    assert found[0] > fitted.threshold > max(found[1:])


def test_a_curve_is_flat_beyond_its_last_knot() -> None:
    odds = {"bias": 0.0, "curves": {"a": {"knots": [1.0, 2.0], "weights": [1.0, 0.5]}}}
    unit = {"bias": 40.0, "curves": {}}
    made = from_document(
        {"match": odds, "choice": unit, "threshold": 0.5, "uncertainty": {"squared": {"factor": 3.0, "floor": 4.0}}}
    )
    assert made.spread["squared"].corrected(1.0) == pytest.approx(5.0)
    assert made.confidence({"a": 2.0}) == made.confidence({"a": 9.0}) == pytest.approx(1 / (1 + np.exp(-2.0)))
