"""A kernel calls nothing from outside the kernels' folder: the stamp of its cache is made from that folder's files."""

from __future__ import annotations

import ast
from pathlib import Path

import superpose

FOLDER = Path(superpose.__file__).parent / "_kernels"
FILES = [path for path in sorted(FOLDER.rglob("*.py")) if path.name not in ("__init__.py", "_jit.py")]
KERNELS = {f"superpose._kernels.{path.stem}" for path in FILES}
# What the compiled code may call from elsewhere.
ALLOWED_MODULES = {"__future__", "typing", "math", "numpy", "collections.abc"}
FROM_JIT = {"jit", "inline", "helper"}


def foreign_imports(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name not in ALLOWED_MODULES]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = {name.name for name in node.names}
            if module == "superpose._kernels._jit" and names <= FROM_JIT:
                continue
            if module not in ALLOWED_MODULES | KERNELS:
                found += [f"{module}.{name}" for name in sorted(names)]
    return found


def test_kernels_lie_in_one_folder() -> None:
    assert {path.parent for path in FILES} == {FOLDER}


def test_kernel_files_import_nothing_from_outside_their_folder() -> None:
    assert {path.name: foreign_imports(path.read_text("utf-8")) for path in FILES} == {p.name: [] for p in FILES}


def test_the_check_sees_what_it_is_for() -> None:
    assert foreign_imports("from superpose._kernels.normal import span") == []
    assert foreign_imports("from superpose._sampling.warp import warp") == ["superpose._sampling.warp.warp"]
    assert foreign_imports("from .normal import span") == [".normal.span"]
    assert foreign_imports("import numba") == ["numba"]
    assert foreign_imports("from superpose._kernels._jit import FASTMATH") == ["superpose._kernels._jit.FASTMATH"]


def test_kernels_are_compiled_in_one_way_only() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                marks = [ast.unparse(mark) for mark in node.decorator_list]
                assert marks in (["jit"], ["inline"], ["helper"]), f"{path.name}: {node.name} is decorated with {marks}"


def test_nan_stays_nan() -> None:
    from superpose._kernels._jit import FASTMATH

    assert not FASTMATH & {"nnan", "ninf", "fast"}
