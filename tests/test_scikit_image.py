"""Without scikit-image: what needs it says how to get it, and all else goes on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import superpose
from superpose.cli.main import main
from superpose.errors import MissingPackageError

HOW = r'scikit-image, which is not installed; install it: pip install "superpose\[demo\]" \[missing-package\]$'


@pytest.fixture(autouse=True)
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "skimage"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "skimage", None)


def test_as_skimage_says_how_to_get_it() -> None:
    with pytest.raises(MissingPackageError, match=r"^as_skimage\(\) needs " + HOW) as caught:
        superpose.rigid(0.1).as_skimage()
    assert isinstance(caught.value, ImportError) and isinstance(caught.value, superpose.SuperposeError)


def test_the_demo_says_so_before_it_makes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-o", str(tmp_path / "new")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("superpose: error: superpose demo needs scikit-image, which is not installed; install")
    assert not (tmp_path / "new").exists()


def test_a_registration_and_its_report_go_without(tmp_path: Path) -> None:
    fixed = np.random.default_rng(0).normal(size=(64, 64)).cumsum(0).cumsum(1)
    found = superpose.register(fixed, np.roll(fixed, 2, axis=1), on_unreliable="ignore")
    found.report(tmp_path / "page.html")
    assert "found = transform.EuclideanTransform(matrix=np.array([" in (tmp_path / "page.html").read_text("utf-8")
    found.plot()
