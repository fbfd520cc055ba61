"""Records of the calibration: none is lost or counted twice, and no photograph lies on both sides."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.photographs import NAMES
from benchmarks.trust_kinds import SHARE, TRUE, UNRELATED, draw
from benchmarks.trust_records import _appending, collect, ending, keys, part_of, read, registered, stamp
from benchmarks.trust_sources import FIRST, SECOND, TEXTURES, half_of, packaged, real_pairs
from superpose._engine.engine import Engine
from superpose._problem import Problem
from superpose.metrics import METRICS
from tests.scenes import fixed_view, moving_view, pose

SHAPE = (64, 72)
SEED = 11


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_ends_by_what_its_error_model_is_calibrated_as(metric: str) -> None:
    moving = moving_view(SHAPE, pose(20, (3.2, -4.1), SHAPE))
    solution = Engine().solve(Problem.checked(fixed_view(SHAPE), moving, metric=metric, threads=1), lambda _: True)
    assert solution.metric.name == metric
    assert ending(metric) == solution.error_model.calibrated_as


def told(task: Any) -> dict[str, Any]:
    """Stand in for a registration."""
    (kind, number, half), seed = task
    return {"value": f"{kind}{number}{half}{seed}"}


def refused(task: Any) -> dict[str, Any]:
    raise AssertionError(f"{task} is run again")


@pytest.fixture
def wanted() -> Any:
    return keys(16, 15)


def test_a_run_goes_on_where_it_was_cut_off(tmp_path: Path, wanted: Any) -> None:
    path = tmp_path / "pairs.0of1.jsonl"
    collect(tmp_path, "pairs", told, SEED, wanted[:20])
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    # Killed in the midst of a line, at any place of it.
    for cut in (1, len(lines[-1]) // 2, len(lines[-1]) - 1):
        path.write_bytes(whole[:-cut])
        assert len(read(tmp_path, "pairs")) == 19
        collect(tmp_path, "pairs", told, SEED, wanted[:20])
        assert sorted(path.read_bytes().splitlines()) == sorted(whole.splitlines())
    collect(tmp_path, "pairs", refused, SEED, wanted[:20])
    with pytest.raises(AssertionError, match="is run again"):
        collect(tmp_path, "pairs", refused, SEED, wanted[:21])
    collect(tmp_path, "pairs", told, SEED, wanted)
    assert set(read(tmp_path, "pairs")) == set(wanted)
    assert len(path.read_bytes().splitlines()) == len(wanted)


def test_parts_are_disjoint_and_read_together(tmp_path: Path, wanted: Any) -> None:
    parts = [part_of(wanted, k, 2) for k in (0, 1)]
    assert not set(parts[0]) & set(parts[1])
    for k, part in enumerate(parts):
        assert {half for *_, half in part} == {0, 1}
        assert {kind for kind, *_ in part} == {*TRUE, *UNRELATED}
        collect(tmp_path, "pairs", told, SEED, part, part=f"{k}of2")
    assert set(read(tmp_path, "pairs")) == set(wanted)
    # Cut otherwise, nothing is left to do.
    collect(tmp_path, "pairs", refused, SEED, wanted, part="0of1")


def test_a_file_is_written_by_one_process(tmp_path: Path, wanted: Any) -> None:
    with _appending(tmp_path / "pairs.0of1.jsonl"), pytest.raises(ValueError, match="by another process"):
        collect(tmp_path, "pairs", told, SEED, wanted)


def test_records_of_other_code_are_refused_unless_asked_for(tmp_path: Path, wanted: Any) -> None:
    collect(tmp_path, "pairs", told, SEED, wanted[:3])
    path = tmp_path / "pairs.0of1.jsonl"
    path.write_text(path.read_text().replace(stamp(), "0" * 12))
    with pytest.raises(ValueError, match="other code"):
        read(tmp_path, "pairs")
    with pytest.raises(ValueError, match="other code"):
        collect(tmp_path, "pairs", told, SEED, wanted)
    assert set(read(tmp_path, "pairs", mix=True)) == set(wanted[:3])


def test_wherever_it_stops_kinds_and_halves_have_grown_evenly() -> None:
    drawn = keys(2250, 1700)
    assert len(drawn) == len(set(drawn))
    for stop in (700, 2500, len(drawn)):
        count = Counter((kind, half) for kind, _, half in drawn[:stop])
        for kinds in (TRUE, UNRELATED):
            shares = [count[kind, half] / SHARE.get(kind, 1) for kind in kinds for half in (0, 1)]
            assert max(shares) - min(shares) <= 1
    for kinds, least in ((TRUE, 2250), (UNRELATED, 1700)):
        assert all(sum(count[kind, half] for kind in kinds) >= least for half in (0, 1))
    assert min(count[kind, half] for kind in TRUE for half in (0, 1)) >= 125


def test_no_photograph_lies_on_both_sides() -> None:
    assert not FIRST & SECOND
    assert set(packaged(0)) <= FIRST and set(packaged(1)) <= SECOND
    assert {*packaged(0), *packaged(1)} == set(NAMES)
    assert all(half_of(name) == half for half in (0, 1) for name in (*TEXTURES[half], *real_pairs(half)))
    # What overlaps lies together, if through a third.
    assert half_of("depth/1") == half_of("depth/2") == half_of("depth/3")
    assert half_of("night/1") == half_of("night/11")


@pytest.mark.parametrize("kind", [*TRUE, *UNRELATED])
def test_a_pair_is_made_of_its_halfs_sources(kind: str) -> None:
    # The first half has no logo, the second no horse: these numbers would show them.
    for half, number in ((0, 3), (1, 5)):
        pair = draw(kind, SEED, number, half)
        assert {half_of(name) for name in pair.sources if name not in ("drawn", "noise")} <= {half}, pair.sources
        # A third of those with a rim alone are misfits as well.
        assert pair.alignable == (kind in TRUE or kind == "misfit" or (kind == "rim-alone" and number % 3 == 2))


@pytest.mark.slow
def test_a_record_holds_what_odds_are_fitted_to() -> None:
    record = registered((("easy", 0, 0), SEED)) | {"kind": "easy"}
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["failure"] == "" and record["error"] < record["limit"]
    assert record["reliable"] and not record["capped"] and record["exact"]
    nobody = registered((("two-scenes", 0, 0), SEED))
    assert nobody["error"] is None and not nobody["alignable"] and not nobody["reliable"]
