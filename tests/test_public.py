"""The public list: every name resolves, lazily, and is documented."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys

import pytest

import superpose

MODULES = ["superpose", "superpose.metrics", "superpose.transforms"]
NAMES = [(module, name) for module in MODULES for name in importlib.import_module(module).__all__]


@pytest.mark.parametrize("module, name", NAMES)
def test_every_public_name_is_there_and_documented(module: str, name: str) -> None:
    found = getattr(importlib.import_module(module), name)
    if name == "__version__":
        assert re.fullmatch(r"\d+\.\d+\.\d+\S*", found)
        return
    if not (inspect.isroutine(found) or inspect.isclass(found)):
        return  # a module, or the table of metrics
    doc = inspect.getdoc(found)
    assert doc and doc.splitlines()[0].endswith((".", ":"))
    if inspect.isfunction(found):
        signature = inspect.signature(found)
        assert "Parameters\n----------" in doc or (len(doc.splitlines()) == 1 and not signature.parameters), name
        section = doc.partition("Parameters\n----------")[2].partition("\n\n")[0]
        for parameter in signature.parameters:
            assert re.search(rf"^(.*, )?{parameter}(,.*| :.*)?$", section, re.M), f"{name} does not explain {parameter}"
        assert signature.return_annotation is not inspect.Signature.empty


def test_public_methods_are_documented() -> None:
    for kind in (superpose.Registration, superpose.MatrixTransform, superpose.Grid, superpose.Raster, superpose.Level):
        for name, member in vars(kind).items():
            if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                assert inspect.getdoc(member), f"{kind.__name__}.{name} has no docstring"


def test_all_is_what_dir_shows() -> None:
    assert set(superpose.__all__) <= set(dir(superpose))
    with pytest.raises(AttributeError, match="regster"):
        superpose.regster  # noqa: B018


def test_after_the_two_images_arguments_are_keyword_only() -> None:
    kinds = [parameter.kind for parameter in inspect.signature(superpose.register).parameters.values()]
    assert kinds[:2] == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * 2
    assert set(kinds[2:]) == {inspect.Parameter.KEYWORD_ONLY}


def test_transforms_need_no_scipy() -> None:
    check = "import sys, superpose; superpose.rigid(0.1) @ superpose.translation((1, 2)); superpose.metrics.nmi; "
    check += "print('scipy' in sys.modules, 'matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
