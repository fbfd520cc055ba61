"""What the front page shows is what happens."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._io.images import write_image
from superpose.cli.main import VERBS, main
from tools.pictures import whole_and_part

README = (Path(__file__).parents[1] / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.slow
def test_the_example_prints_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, pixels in zip(("fixed.png", "moving.png"), whole_and_part(), strict=True):
        write_image(name, pixels, "output")
    (code,), (shown,) = blocks("python"), blocks("text")
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out == shown
    assert (tmp_path / "pose.json").exists()
    assert (tmp_path / "report.html").exists()


def test_links_lead_somewhere() -> None:
    root = Path(__file__).parents[1]
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 8
    assert [each for each in links if not (root / each).exists()] == []


COMMANDS = [shlex.split(line)[1:] for line in re.findall(r"^\$ (superpose .*)$", blocks("console")[1], re.MULTILINE)]


@pytest.mark.slow
def test_the_commands_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, camera: NDArray[np.uint8], coffee: NDArray[np.uint8]
) -> None:
    monkeypatch.chdir(tmp_path)
    small = camera[::4, ::4]
    write_image("fixed.png", small, "output")
    write_image("moving.png", np.roll(small, 3, axis=0), "output")
    write_image("labels.png", small // 64, "output")
    plate = np.vstack([np.roll(coffee[40:240, 100:340, k], k, axis=0) for k in (2, 1, 0)])
    write_image("plate.png", plate, "output")
    assert [" ".join(each[:2]) if " ".join(each[:2]) in VERBS else each[0] for each in COMMANDS] == list(VERBS)
    *others, demo = COMMANDS
    assert demo[0] == "demo"  # takes ten seconds, and is run by tests/cli/test_demo.py
    for command in others:
        assert main(command) == 0
        outputs = [command[k + 1] for k, word in enumerate(command) if word in ("-o", "--plot", "--save-transform")]
        outputs += command[2:] if command[0] == "convert" else []
        assert (outputs or command[0] == "info") and all((tmp_path / name).exists() for name in outputs)
