"""Every message names the argument, the value seen, and one thing to do; none bypasses the catalogue."""

from __future__ import annotations

import ast
import copy
import pickle
import string
from pathlib import Path

import pytest

import superpose
from superpose import InputError, SuperposeError, UnreliableError
from superpose.errors import LONGEST_VALUE, MESSAGES, text

PACKAGE = Path(superpose.__file__).parent
SOURCES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
CARRIERS = {"InputError", "MissingPackageError", "UnreliableError", "SuperposeError", "text"}


def fields(template: str) -> set[str]:
    return {name.partition("!")[0] for _, name, _, _ in string.Formatter().parse(template) if name}


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def calls() -> list[tuple[str, ast.Call]]:
    """Return every place that makes a message, as (where, call)."""
    return [
        (f"{path}:{node.lineno}", node)
        for path, tree in SOURCES.items()
        if path != "errors.py" and not path.startswith("_messages/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name_of(node.func) in CARRIERS
    ]


# --- the catalogue ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_form_of_each_message(code: str) -> None:
    message = MESSAGES[code]
    assert "argument" in fields(message.says)
    assert "value" in fields(message.says)
    assert len(message.do.split()) >= 3
    assert code == code.lower() and " " not in code and "_" not in code
    for part in (message.says, message.do):
        assert part == part.strip()
        assert not part.endswith((".", ";", ":"))
    assert message.joint in ("; ", ": ")


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_each_message_can_be_said(code: str) -> None:
    message = MESSAGES[code]
    wanted = fields(message.says) | fields(message.do)
    said = text(code, **{name: f"<{name}>" for name in wanted})
    for name in wanted:
        assert f"<{name}>" in said
    assert said.endswith(f" [{code}]")
    assert "\n" not in said


# --- the code that uses it ----------------------------------------------------------------------------------
def literal_code(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


@pytest.mark.slow
def test_every_code_in_the_source_is_known_and_none_is_unused() -> None:
    used = {code for _, call in calls() if (code := literal_code(call)) is not None}
    assert used - set(MESSAGES) == set()
    # A code may be chosen before it is said: `code = "a" if ... else "b"`.
    texts = {
        node.value
        for path, tree in SOURCES.items()
        if path != "errors.py" and not path.startswith("_messages/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
    }
    assert set(MESSAGES) - texts == set()


def test_every_call_supplies_what_its_message_names() -> None:
    wrong = []
    for where, call in calls():
        code = literal_code(call)
        if code is None or any(keyword.arg is None for keyword in call.keywords):
            continue  # fields passed on with ** are tested by saying them
        wanted = fields(MESSAGES[code].says) | fields(MESSAGES[code].do)
        given = {keyword.arg for keyword in call.keywords}
        if given != wanted:
            wrong.append(f"{where} {code}: missing {sorted(wanted - given)}, unknown {sorted(given - wanted)}")
    assert wrong == []


def test_fields_are_only_passed_on_where_they_come_from_another_message() -> None:
    passed_on = [where for where, call in calls() if any(keyword.arg is None for keyword in call.keywords)]
    assert {where.partition(":")[0] for where in passed_on} <= {
        "_points.py",
        "_jobs/large.py",
        "_register.py",
        "_spatial.py",
        "_verify/warnings_text.py",
        "cli/_words.py",
    }


def test_no_exception_bypasses_the_catalogue() -> None:
    """Only a reader of files raises ValueError, and only small matrices what NumPy's would: callers know them."""
    bypassing = []
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Raise) or node.exc is None:
                continue
            raised = name_of(node.exc.func) if isinstance(node.exc, ast.Call) else name_of(node.exc)
            if raised in CARRIERS or raised in ("unknown", "AttributeError") or raised.islower():
                continue
            known = {"_io/": ("ValueError", "NotYet", "CutOff"), "_arithmetic/": ("LinAlgError", "TypeError")}
            if raised not in known.get(path[: path.find("/") + 1], ()):
                bypassing.append(f"{path}:{node.lineno} {raised}")
    assert bypassing == []


def test_no_assertion_stands_in_for_an_error() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and " is not None" not in ast.unparse(node.test)  # said to mypy
    ]
    assert found == []


# --- the exceptions -----------------------------------------------------------------------------------------
def test_kinds_and_exit_codes() -> None:
    assert issubclass(InputError, SuperposeError) and issubclass(InputError, ValueError)
    assert issubclass(UnreliableError, SuperposeError) and issubclass(UnreliableError, RuntimeError)
    assert (InputError.exit_code, UnreliableError.exit_code) == (2, 3)


def test_errors_survive_pickling_and_copying() -> None:
    error = InputError("empty-image", argument="moving", value=(0, 5))
    for other in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(other) is InputError
        assert str(other) == str(error)
        assert (other.code, other.fields) == ("empty-image", {"argument": "moving", "value": (0, 5)})


def test_a_message_in_full() -> None:
    said = str(InputError("empty-image", argument="moving", value=(0, 5)))
    assert said == "moving has shape (0, 5) and so no pixels; check how it was read or cropped [empty-image]"


def test_long_values_are_shortened_and_stay_on_one_line() -> None:
    value = "array([\n   " + "1.0, " * 1000 + "])"
    said = str(InputError("bad-point", argument="shift", value=value, count="two", axes="(row, column)"))
    assert "\n" not in said
    assert len(said) < LONGEST_VALUE + 100
    assert " ... " in said
