"""What becomes of the engine's answers where one of its settings is another."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.cases import Case
from benchmarks.vary import Trial, main, numbers, row, tried, values_of, varied
from superpose._engine.settings import DEFAULTS
from tests.scenes import fixed_view, moving_view, pose

SHAPE = (96, 96)
TRUTH = pose(137, (7.3, -5.2), SHAPE)
CASE = Case("made-up", fixed_view(SHAPE), moving_view(SHAPE, TRUTH), TRUTH, "rigid")


@pytest.mark.parametrize("name", ["rival", "basins.kept", "search.coarseness"])
def test_one_setting_is_another_and_the_others_are_not(name: str) -> None:
    before = numbers(DEFAULTS[2])
    after = numbers(varied(DEFAULTS[2], name, 77))
    assert {each for each in before if before[each] != after[each]} == {name}
    assert after[name] == 77


def test_a_value_is_of_the_settings_type() -> None:
    assert values_of("basins.kept", ["2", "6"]) == [2, 6]
    assert values_of("race.steps.trust", ["2", "inf"]) == [2.0, np.inf]
    with pytest.raises(ValueError, match=r"^basins.kept takes numbers such as 6, not 2 2\.5$"):
        values_of("basins.kept", ["2", "2.5"])


def test_an_unknown_setting_is_refused_with_those_that_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["basins.kep", "2"])
    said = capsys.readouterr().err
    assert "basins.kep is no setting of the engine" in said
    assert all(name in said for name in numbers(DEFAULTS[2]))


def test_a_case_is_solved_under_the_settings() -> None:
    found = tried(CASE, DEFAULTS[2])
    assert found.found and found.reliable
    assert found.error < 0.05
    assert found.seconds > 0
    # Of turns 72 degrees apart none is near the right one.
    coarse = varied(DEFAULTS[2], "search.coarseness", 20.0)
    missed = tried(CASE, coarse)
    assert not missed.found and not missed.reliable


def test_where_no_pose_overlaps_enough_nothing_is_found() -> None:
    nowhere = tried(CASE, varied(DEFAULTS[2], "basins.refined_if_sure", 0))
    assert not nowhere.found and not nowhere.reliable


def test_a_row_counts_errors_of_what_was_found() -> None:
    trials = [Trial(0.1, True, True, 1.0), Trial(0.3, True, False, 2.0), Trial(9.0, False, True, 6.0)]
    assert row(6, trials) == "| 6 | 66.7 % | 66.7 % | 0.2000 | 2.000 |"
    assert row(0.5, trials[2:]) == "| 0.5 | 0.0 % | 100.0 % | - | 6.000 |"


def test_a_table_has_a_row_for_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["basins.kept", "1", "6", "--set", "small-64", "--cases", "2", "--seed", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| basins.kept | found |")
    assert [line.split()[1] for line in lines[2:]] == ["1", "6"]
