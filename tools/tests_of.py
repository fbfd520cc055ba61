#!/usr/bin/env python3
"""Say which tests belong to a module, or to all files that were changed.

  tools/tests_of.py sampling/fill       the tests of src/superpose/_sampling/fill.py
  tools/tests_of.py --changed [BASE]    the tests of what differs from BASE; default: from where the branch left main,
                                        and on main itself from the last commit

Paths go to standard output, one a line; what has no test is named on standard error.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "src/superpose/"
# What every test runs under, so that all belong to it.
FOR_ALL = {"pyproject.toml", "tests/conftest.py", "tests/workers.py"}
# What holds whatever was changed.
ALWAYS = "tests/laws"


def find_tests(path: str, root: Path = ROOT) -> set[str]:
    """Return the tests of one file: test files and folders, relative to `root`; none where there is none.

    A module has those that mirror it, or else its folder's, and where no folder mirrors its own, those of the whole;
    those that import it; and its own examples.
    """
    if path in FOR_ALL:
        return {"tests", "src"}
    if path.startswith("tests/"):
        return _tests_of_test(path, root)
    if path.startswith(PACKAGE):
        found = _mirrors(path.removeprefix(PACKAGE), root) or {
            each.relative_to(root).as_posix() for each in root.glob("tests/test_*.py")
        }
        if path.endswith(".py"):
            found |= _importers(path.removeprefix("src/"), root)
            found |= {path} if _has_examples(root / path) else set()
        return found
    found = _mirrors(path, root) if path.endswith(".py") else set()
    return found | _mentioning(Path(path).name, root)


def _tests_of_test(path: str, root: Path) -> set[str]:
    file = root / path
    if file.name.startswith("test_"):
        return {path} if file.exists() else set()
    if file.name in ("conftest.py", "__init__.py"):
        return {file.parent.relative_to(root).as_posix()} if file.parent.is_dir() else set()
    return _importers(path, root)


def _mirrors(path: str, root: Path) -> set[str]:
    """Return what mirrors ``_sampling/fill.py``: ``tests/sampling/test_fill*.py``, else the nearest folder."""
    *folders, name = (part.lstrip("_") for part in Path(path).with_suffix("").parts)
    home = root.joinpath("tests", *folders)
    if not folders and name == "init__":
        name = "public"
    found = [*home.glob(f"test_{name}.py"), *home.glob(f"test_{name}_*.py")]
    if not found:  # not `tests` itself
        found = [place for place in [home, *home.parents][: len(folders)] if place.is_dir()][:1]
    return {each.relative_to(root).as_posix() for each in found}


def _importers(path: str, root: Path) -> set[str]:
    """Return the test files that import a module by its own name."""
    name = ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")
    if name == "superpose":
        return set()
    return {test for test, names in _imports(root).items() if name in names}


@cache
def _imports(root: Path) -> dict[str, set[str]]:
    return {file.relative_to(root).as_posix(): set(_names(file)) for file in (root / "tests").rglob("test_*.py")}


def _names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _has_examples(file: Path) -> bool:
    return file.exists() and ">>> " in file.read_text("utf-8")


def _mentioning(name: str, root: Path) -> set[str]:
    """Return the test files that name a file, in quotes."""
    files = (root / "tests").rglob("test_*.py")
    return {file.relative_to(root).as_posix() for file in files if f'"{name}"' in file.read_text("utf-8")}


def changed_since(base: str | None, root: Path = ROOT) -> list[str]:
    """Return the files that differ from commit `base`, with those that git does not know yet."""
    base = base or _merge_base(root)
    known = _git(root, "diff", "--name-only", "--no-renames", base)
    return sorted({*known, *_git(root, "ls-files", "--others", "--exclude-standard")})


def _merge_base(root: Path) -> str:
    """Return where this branch left main: on main, or without one, the last commit."""
    try:
        (base,) = _git(root, "merge-base", "HEAD", "main")
    except subprocess.CalledProcessError:
        return "HEAD"
    return base


def _git(root: Path, *arguments: str) -> list[str]:
    command = ["git", "-c", "core.quotePath=false", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=True).stdout.splitlines()


def module_path(name: str, root: Path = ROOT) -> str | None:
    """Return the file of a module called as one likes: ``sampling/fill``, ``_sampling.fill`` or its path."""
    wanted = _bare(name.removeprefix(PACKAGE).removesuffix(".py").replace(".", "/"))
    package = root / PACKAGE
    for file in sorted(package.rglob("*.py")):
        inner = file.relative_to(package).with_suffix("").as_posix()
        if wanted in (_bare(inner), _bare(inner.removesuffix("/__init__"))):
            return file.relative_to(root).as_posix()
    return None


def _bare(name: str) -> str:
    return "/".join(part.lstrip("_") for part in name.strip("/").split("/"))


def outermost(paths: set[str]) -> list[str]:
    """Leave out what lies in a folder that is there already, for pytest would run it twice."""
    return sorted(path for path in paths if not {each.as_posix() for each in Path(path).parents} & paths)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", nargs="?")
    parser.add_argument("--changed", metavar="BASE", nargs="?", const="")
    options = parser.parse_args(arguments)
    if (options.module is None) == (options.changed is None):
        parser.error("name a module, or pass --changed")
    if options.module is not None:
        path = module_path(options.module, root)
        if path is None:
            parser.error(f"{options.module} is no module of {PACKAGE}; name one such as sampling/fill")
        found = {path: find_tests(path, root)}
    else:
        try:
            changed = changed_since(options.changed or None, root)
        except subprocess.CalledProcessError as error:
            parser.error(f"git does not say what has changed: {error.stderr.strip()}")
        found = {path: find_tests(path, root) for path in changed}
        if not found:
            print("tests_of: nothing has changed", file=sys.stderr)
    for path in (path for path, tests in found.items() if not tests):
        print(f"tests_of: {path} has no tests of its own", file=sys.stderr)
    always = {ALWAYS} if options.changed is not None and found else set()
    for path in outermost(always.union(*found.values())):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
