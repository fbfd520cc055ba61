"""Who is told of the work, and of what."""

from __future__ import annotations

import logging
import re
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import superpose
from superpose import Level
from superpose._progress.watch import Stage, Told, Watch, shown, watched


def level(side: int) -> Level:
    return Level((side, side), (0.0, 0.0, 0.0), 0.5, 7, 0.25)


@pytest.fixture(scope="module")
def pair(camera: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return camera[::4, ::4].copy(), np.roll(camera[::4, ::4], 3, axis=1)


def fail(watch: Watch) -> None:
    with watch:
        watch.begin(Stage.SEARCH)
        raise KeyError("lost")


def names(watch: Watch) -> list[str]:
    return [each.name for each in watch.steps]


def test_stages_follow_each_other_and_share_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 12.0, 12.0, 13.0, 13.0, 17.0, 17.0, 17.5])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    with Watch() as watch:
        for stage in (Stage.SEARCH, Stage.VERIFY, Stage.SEARCH, Stage.VERIFY):
            watch.begin(stage)
    assert names(watch) == ["search", "verify"]
    assert [each.seconds for each in watch.steps] == [6.0, 1.5]
    assert [each.share for each in watch.steps] == [1.0, 1.0]
    assert watch.summary() == "search 6.00 s, verify 1.50 s"


def test_levels_say_what_share_of_refinement_is_done() -> None:
    watch = Watch()
    watch.begin(Stage.SEARCH)
    assert watch.steps[0].share is None
    shares = []
    for left in (2, 1, 0):
        assert watch.level(level(64 >> left), left)
        shares.append(watch.steps[1].share)
    assert names(watch) == ["search", "refine"] and watch.steps[0].share == 1.0
    assert shares == [1 / 16, 1 / 4, 1.0]
    assert watch.steps[1].detail == "64 x 64" and watch.running(watch.steps[1])


def test_parts_have_stages_of_their_own() -> None:
    watch = Watch()
    with watch.at("blue"):
        watch.begin(Stage.SEARCH)
        watch.begin(Stage.REFINE)
    watch.begin(Stage.WARP)
    assert names(watch) == ["blue: search", "blue: refine", "warp"]
    assert re.fullmatch(r"blue \d\.\d\d s, warp \d\.\d\d s", watch.summary())


def test_what_went_wrong_leaves_no_summary() -> None:
    watch = Watch()
    with pytest.raises(KeyError, match="lost"):
        fail(watch)
    assert watch.steps == []


def test_who_watches() -> None:
    entered = Watch()
    with watched(entered) as same:
        assert same is entered
    assert type(watched(False)) is Watch
    seen: list[Level] = []
    told = watched(seen.append)
    assert isinstance(told, Told)
    assert told.level(level(8), 0) and seen == [level(8)]
    assert not Told(lambda _: False).level(level(8), 0)
    with pytest.raises(superpose.InputError, match=r"^progress is 'yes'; pass True or False"):
        watched("yes")  # type: ignore[arg-type]


def test_nothing_is_shown_without_a_terminal(
    pair: tuple[NDArray[np.uint8], ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    superpose.register(*pair, progress=True)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("sys.stderr", None)  # as of a program with windows only
    assert type(shown()) is Watch


@pytest.mark.parametrize("kernel", [True, False])
def test_a_notebook_is_told_from_ipython_on_a_terminal(kernel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("IPython")
    shell = SimpleNamespace(config={"IPKernelApp": {}} if kernel else {})
    module.get_ipython = lambda: shell  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", module)
    assert (type(shown()).__name__ == "InNotebook") == kernel


def test_the_log_tells_stages_levels_and_what_was_found(
    pair: tuple[NDArray[np.uint8], ...], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "superpose"):
        found = superpose.register(*pair, transform="translation")
    said = [(each.levelname, each.getMessage()) for each in caplog.records]
    assert [text for name, text in said if name == "INFO"] == [
        found.describe(),
        *(f"warning: {w}" for w in found.warnings),
    ]
    stages = [text for name, text in said if name == "DEBUG" and text in {each.value for each in Stage}]
    assert stages == ["search", "refine", "verify"]
    assert sum(text.startswith("level ") for _, text in said) == len(found.levels)


def test_nobody_hears_the_log_who_did_not_ask() -> None:
    log = logging.getLogger("superpose")
    assert [type(each) for each in log.handlers] == [logging.NullHandler]
    assert log.level == logging.NOTSET


@pytest.mark.slow
def test_a_plate_s_exposures_are_named(camera: NDArray[np.uint8]) -> None:
    plate = np.vstack([np.roll(camera[::2, ::2], k, axis=1) for k in (2, 0, 1)])
    with Watch() as watch:
        superpose.colorize(plate, progress=watch)
    assert names(watch)[:3] == ["blue: search", "blue: refine", "blue: verify"]
    assert names(watch)[-1] == "warp"
    assert {name.partition(":")[0] for name in names(watch)} == {"blue", "red", "warp"}


@pytest.mark.slow
def test_a_search_elsewhere_is_a_search(camera: NDArray[np.uint8], caplog: pytest.LogCaptureFixture) -> None:
    # Unrelated images: for what is not to be trusted an affine map is looked for by features, too.
    noise = np.asarray(Image.effect_noise((128, 128), 60))
    with caplog.at_level(logging.DEBUG, "superpose"), Watch() as watch:
        superpose.register(camera[::4, ::4], noise, transform="affine", on_unreliable="ignore", progress=watch)
    began = [each.getMessage() for each in caplog.records if each.getMessage() in names(watch)]
    assert began[:4] == ["search", "refine", "verify", "search"] and began[-1] == "verify"
    assert names(watch) == ["search", "refine", "verify"]
    assert all(each.share == 1.0 for each in watch.steps)
