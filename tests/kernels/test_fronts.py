"""Every compiled kernel has a typed Python function of its name in front of it, and nothing else is compiled."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import superpose
from superpose._kernels import _native

FOLDER = Path(superpose.__file__).parent / "_kernels"
FILES = [path for path in sorted(FOLDER.glob("*.py")) if path.name != "__init__.py"]
COMPILED = {name for name in dir(_native) if not name.startswith("_") and name.islower()}


def fronts() -> dict[str, ast.FunctionDef]:
    """Return the functions that call a compiled one."""
    found = {}
    for path in FILES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and "_native." in ast.unparse(node):
                found[node.name] = node
    return found


def test_there_is_one_for_each() -> None:
    assert len(COMPILED) >= 15
    assert set(fronts()) == COMPILED


def test_they_are_typed_described_and_do_nothing_themselves() -> None:
    for name, node in fronts().items():
        docstring, *body = node.body
        assert ast.get_docstring(node), name
        assert isinstance(docstring, ast.Expr)
        assert all(argument.annotation for argument in node.args.args) and node.returns, name
        assert len(body) <= 2 and f"_native.{name}(" in ast.unparse(body[0]), name


def test_they_import_nothing_of_superpose_s_but_kernels() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("superpose"):
                assert node.module is not None and node.module.startswith("superpose._kernels"), path.name


def level(**environment: str) -> subprocess.CompletedProcess[str]:
    code = "from superpose._kernels import _native; print(_native.LEVEL)"
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_the_level_can_be_chosen() -> None:
    assert level(SUPERPOSE_CPU="v2").stdout.split() == ["baseline"]
    assert level(SUPERPOSE_CPU="").stdout.split() in (["baseline"], ["v3"])


def test_a_level_that_there_is_not_is_refused() -> None:
    done = level(SUPERPOSE_CPU="v9")
    assert done.returncode != 0
    assert "SUPERPOSE_CPU must be v2, v3 or unset, and is 'v9'" in done.stderr


def test_without_them_the_error_says_what_to_do(tmp_path: Path) -> None:
    """As when superpose is run from its sources."""
    shutil.copytree(
        FOLDER.parent, tmp_path / "superpose", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.meta_path[:] = [f for f in sys.meta_path if "
    code += "'Redirecting' not in type(f).__name__]; import superpose; superpose.register([[0]], [[0]])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingPackageError: superpose was not built: its compiled kernels are missing" in done.stderr
    assert "pip install ." in done.stderr


@pytest.mark.skipif("SUPERPOSE_EXPECT_CHECKED" not in os.environ, reason="this is the ordinary build")
def test_indices_are_checked() -> None:
    assert _native.CHECKED
