"""The manual page and the shells' completions say what the program takes."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from superpose.cli.main import SHELLS, VERBS, parser

ROOT = Path(__file__).resolve().parents[2]
COMPLETIONS = ROOT / "src/superpose/cli/completions"

# Completes the words after -c and prints what is offered.
ASK_BASH = """
source "$0"
function=$(complete -p superpose | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
"$function"
echo "${COMPREPLY[*]}"
"""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pages", ROOT / "tools" / "pages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options() -> list[str]:
    return [name for action in parser(list(VERBS)).every_action() for name in action.option_strings]


def test_they_are_those_of_the_program(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--check"]) == 0, "run tools/pages.py"
    assert capsys.readouterr().out == ""


def test_one_that_is_out_of_date_is_named_and_written_again(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in tool.pages():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, tmp_path / path)
    (tmp_path / tool.MANUAL).write_text("as it was\n")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    assert tool.main(["--check"]) == 1
    assert capsys.readouterr().out == f"{tool.MANUAL}\n"
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0


def test_the_manual_has_every_verb_and_option() -> None:
    text = (ROOT / "docs/superpose.1").read_text().replace(r"\-", "-")
    assert [verb for verb in VERBS if f".SH {verb.upper()}\n" not in text] == []
    assert [name for name in options() if rf"\fB{name}\fR" not in text] == []
    assert r"\fB3\fR" in text and "SUPERPOSE_THREADS" in text


def test_what_roff_would_take_for_a_command_is_text(tool: ModuleType) -> None:
    assert tool.escaped(".TH\n'x -y \\n") == "\\&.TH\n\\&'x \\-y \\en"


def test_a_typesetter_has_nothing_to_say_about_the_manual() -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("there is no groff")
    done = subprocess.run(
        [groff, "-man", "-ww", "-Tascii", "docs/superpose.1"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert "superpose - lay one image exactly over another" in done.stdout


@pytest.mark.parametrize(
    "typed, offered",
    [
        ("al", "align align-channels"),
        ("align --sa", "--save-transform"),
        ("align --metric n", "ncc nmi"),
        ("align --metric au", "auto"),
        ("align --search ", "global local"),
        ("align fix", "fixed.png"),
        ("--completion f", "fish"),
    ],
)
def test_bash_completes(typed: str, offered: str, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    (tmp_path / "fixed.png").touch()
    command = [bash, "-c", ASK_BASH, str(COMPLETIONS / "superpose.bash"), "superpose", *typed.split(" ")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (offered, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_it(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell}")
    subprocess.run([program, "-n", str(COMPLETIONS / f"superpose.{shell}")], check=True)


def test_every_file_that_a_verb_takes_is_completed_as_one(tool: ModuleType) -> None:
    taken = {
        action.metavar
        for action in parser(list(VERBS)).every_action()
        if isinstance(action.metavar, str) and not isinstance(action, argparse._SubParsersAction)
    }
    others = {each for each in taken if not tool.FILES.fullmatch(each) and each != tool.FOLDER}
    assert others == {"NAME", "N", "PX", "RATIO", "SIZE", "COLOUR", "LETTERS", "SIGMA", "SHELL", "ADDRESS", "T", "S"}
