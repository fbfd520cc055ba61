"""tools/tests_of.py: which tests `make check` and `make test-of` run."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.tests_of import ROOT, changed_since, find_tests, main, module_path, outermost

FILES = {
    "src/superpose/__init__.py": "",
    "src/superpose/_names.py": "",
    "src/superpose/_sampling/__init__.py": "",
    "src/superpose/_sampling/fill.py": "",
    "src/superpose/_sampling/smooth.py": '"""\n>>> 1 + 1\n2\n"""\n',
    "src/superpose/_lonely.py": "",
    "src/superpose/_report/templates/report.js": "",
    "benchmarks/cases.py": "",
    "tests/conftest.py": "",
    "tests/test_names.py": "",
    "tests/test_public.py": "import superpose\n",
    "tests/test_threads.py": "def test() -> None:\n    from superpose._sampling import fill\n",
    "tests/test_readme.py": 'TEXT = open("README.md")\n',
    "tests/sampling/conftest.py": "",
    "tests/sampling/test_fill.py": "",
    "tests/sampling/test_fill_any_input.py": "",
    "tests/sampling/test_filled.py": "from tests.reference.warp import warp_2d\n",
    "tests/report/test_html.py": "",
    "tests/reference/warp.py": "",
    "tests/benchmarks/test_cases.py": "",
    "tests/laws/test_group.py": "",
    "README.md": "",
    "CHANGELOG.md": "",
}
# Those that mirror no folder.
WHOLE = {f"tests/test_{name}.py" for name in ("names", "public", "readme", "threads")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository in small."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "path, tests",
    [
        (
            "src/superpose/_sampling/fill.py",
            {"tests/sampling/test_fill.py", "tests/sampling/test_fill_any_input.py", "tests/test_threads.py"},
        ),
        ("src/superpose/_sampling/smooth.py", {"tests/sampling", "src/superpose/_sampling/smooth.py"}),
        ("src/superpose/_sampling/removed.py", {"tests/sampling"}),
        ("src/superpose/_sampling/__init__.py", {"tests/sampling", "tests/test_threads.py"}),
        ("src/superpose/_report/templates/report.js", {"tests/report"}),
        ("src/superpose/_names.py", {"tests/test_names.py"}),
        ("src/superpose/_lonely.py", WHOLE),
        ("src/superpose/_new/module.py", WHOLE),
        ("src/superpose/__init__.py", {"tests/test_public.py"}),
        ("src/superpose/__init__.pyi", {"tests/test_public.py"}),
        ("tests/sampling/test_fill.py", {"tests/sampling/test_fill.py"}),
        ("tests/sampling/test_removed.py", set()),
        ("tests/sampling/conftest.py", {"tests/sampling"}),
        ("tests/reference/warp.py", {"tests/sampling/test_filled.py"}),
        ("tests/conftest.py", {"tests", "src"}),
        ("pyproject.toml", {"tests", "src"}),
        ("benchmarks/cases.py", {"tests/benchmarks/test_cases.py"}),
        ("README.md", {"tests/test_readme.py"}),
        ("CHANGELOG.md", set()),
    ],
)
def test_the_tests_of_a_file(root: Path, path: str, tests: set[str]) -> None:
    assert find_tests(path, root) == tests


@pytest.mark.parametrize("name", ["sampling/fill", "_sampling.fill", "src/superpose/_sampling/fill.py"])
def test_a_module_is_called_as_one_likes(root: Path, name: str) -> None:
    assert module_path(name, root) == "src/superpose/_sampling/fill.py"


def test_a_package_is_its_init_and_others_are_none(root: Path) -> None:
    assert module_path("sampling", root) == "src/superpose/_sampling/__init__.py"
    assert module_path("sampling/fil", root) is None


def test_what_lies_in_a_folder_that_is_there_is_left_out() -> None:
    assert outermost({"tests/a/test_b.py", "tests/a", "tests/ab/test_b.py"}) == ["tests/a", "tests/ab/test_b.py"]


@pytest.mark.slow
def test_every_module_of_this_package_can_be_named_and_has_tests() -> None:
    modules = [path.relative_to(ROOT).as_posix() for path in (ROOT / "src" / "superpose").rglob("*.py")]
    assert len(modules) > 50
    for path in modules:
        assert module_path(path) == path
        assert find_tests(path)
        assert all((ROOT / each).exists() for each in find_tests(path))


# --- by git -------------------------------------------------------------------------------------------------
Git = Callable[..., str]


@pytest.fixture
def git(root: Path) -> Git:
    """The repository, with one commit on main."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here")

    def call(*arguments: str) -> str:
        who = ("-c", "user.name=someone", "-c", "user.email=someone@example.org")
        done = subprocess.run(["git", *who, *arguments], cwd=root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    call("init", "--quiet", "--initial-branch=main")
    (root / ".gitignore").write_text("*.log\n")
    call("add", "--all")
    call("commit", "--quiet", "--message=first")
    return call


def test_what_changed_on_main_is_what_is_not_committed(root: Path, git: Git) -> None:
    assert changed_since(None, root) == []
    (root / "README.md").write_text("other")
    (root / "src/superpose/_names.py").unlink()
    (root / "tests/test_größe.py").write_text("")
    (root / "a.log").write_text("")
    git("add", "README.md")
    assert changed_since(None, root) == ["README.md", "src/superpose/_names.py", "tests/test_größe.py"]


def test_what_changed_on_a_branch_is_what_it_did_since_it_left_main(root: Path, git: Git) -> None:
    git("switch", "--quiet", "--create=mine")
    git("mv", "src/superpose/_names.py", "src/superpose/_called.py")
    git("commit", "--quiet", "--message=mine")
    git("switch", "--quiet", "main")
    (root / "README.md").write_text("main's own")
    git("commit", "--quiet", "--all", "--message=main's")
    git("switch", "--quiet", "mine")
    (root / "CHANGELOG.md").write_text("news")
    both = ["src/superpose/_called.py", "src/superpose/_names.py"]
    assert changed_since(None, root) == ["CHANGELOG.md", *both]
    assert changed_since("HEAD", root) == ["CHANGELOG.md"]
    git("branch", "--quiet", "--delete", "--force", "main")
    assert changed_since(None, root) == ["CHANGELOG.md"]


def test_laws_are_run_whatever_changed(root: Path, git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--changed"], root) == 0
    assert capsys.readouterr() == ("", "tests_of: nothing has changed\n")
    for name in ("CHANGELOG.md", "src/superpose/_names.py"):
        (root / name).write_text("# other\n")
    assert main(["--changed"], root) == 0
    said = capsys.readouterr()
    assert said.out.split() == ["tests/laws", "tests/test_names.py"]
    assert said.err == "tests_of: CHANGELOG.md has no tests of its own\n"
    assert main(["--changed", "HEAD"], root) == 0
    assert capsys.readouterr() == said


def test_a_module_s_tests_are_its_own_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sampling/smooth"], root) == 0
    assert capsys.readouterr().out.split() == ["src/superpose/_sampling/smooth.py", "tests/sampling"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "name a module, or pass --changed"),
        (["sampling/fil"], r"sampling/fil is no module of src/superpose/; name one such as sampling/fill"),
        (["--changed", "nowhere"], "git does not say what has changed: fatal: .*nowhere"),
    ],
)
@pytest.mark.usefixtures("git")
def test_wrong_use(root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(arguments, root)
    assert re.search(said, capsys.readouterr().err)
