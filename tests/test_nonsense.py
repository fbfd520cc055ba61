"""Whatever is put in the place of an argument, an error of ours that names it ends the call, or an answer does."""

from __future__ import annotations

import contextlib
import inspect
import re
import tempfile
import warnings
from collections.abc import Iterator

import matplotlib.pyplot
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import superpose
from superpose import SuperposeError
from superpose.errors import MESSAGES, on_one_line
from tests.nonsense import FAILURE, NONSENSE, SENSELESS, calls

FOLDER = tempfile.TemporaryDirectory()
PLACES = [(name, argument) for name, call in calls(FOLDER.name).items() for argument in call.arguments]
Place = tuple[str, str]
# Arguments that take functions, and what is called like one.
FUNCTIONS = ("metric", "optimizer", "progress", "other")
LITERALS = st.one_of(
    st.floats(),
    st.integers(),
    st.text(),
    st.binary(),
    st.lists(st.floats(), max_size=4),
    st.tuples(st.integers(), st.floats()),
    st.lists(st.lists(st.floats(allow_nan=False), min_size=3, max_size=3), min_size=3, max_size=3),
)


@pytest.fixture(autouse=True)
def no_figures() -> Iterator[None]:
    yield
    matplotlib.pyplot.close("all")


def said(error: SuperposeError) -> str:
    """Return what an error says was wrong, without what it says to do."""
    return MESSAGES[error.code].says.format(**{name: on_one_line(value) for name, value in error.fields.items()})


def problem(place: Place, value: object, shown: str) -> str:
    """Return what is wrong with how a call ends, or nothing."""
    name, argument = place
    call = calls(FOLDER.name)[name]
    try:
        # Some values are names of files.
        with warnings.catch_warnings(), contextlib.chdir(FOLDER.name):
            warnings.simplefilter("ignore", superpose.UnreliableWarning)
            call.function(**call.arguments | {argument: value})
    except SuperposeError as error:
        blames = re.search(rf"\b{argument}\b", said(error))
        return "" if blames else f"{name}({argument}={shown}) blames another: {error}"
    except Exception as error:
        if str(error) == FAILURE and argument in FUNCTIONS and callable(value):
            return ""  # what a function of the user's own raises is the user's to see
        raise AssertionError(f"{name}({argument}={shown}) leaks {type(error).__name__}") from error
    return f"{name}({argument}={shown}) is taken silently" if shown in SENSELESS else ""


@settings(max_examples=150, deadline=None, database=None)
@given(st.sampled_from(PLACES), st.sampled_from(list(NONSENSE)))
def test_nonsense_anywhere(place: Place, value: str) -> None:
    assert problem(place, NONSENSE[value](), value) == ""


@settings(max_examples=150, deadline=None, database=None)
@given(st.sampled_from(PLACES), LITERALS)
def test_any_numbers_and_texts(place: Place, value: object) -> None:
    assert problem(place, value, repr(value)) == ""


# Jobs of many frames and optimisers of many evaluations: samples of them are asked above.
LONG = ("average", "register by SciPy", "stack", "super_resolve")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=[pytest.mark.long] * (each in LONG)) for each in calls(FOLDER.name)]
)
def test_all_nonsense(name: str) -> None:
    places = [place for place in PLACES if place[0] == name]
    found = [problem(place, make(), shown) for place in places for shown, make in NONSENSE.items()]
    assert [each for each in found if each] == []


@settings(max_examples=200, deadline=None, database=None)
@given(st.sampled_from(PLACES), st.data())
def test_misspelt_arguments_get_the_nearest_name(place: tuple[str, str], data: st.DataObject) -> None:
    name, argument = place
    at = data.draw(st.integers(0, len(argument) - 1))
    misspelt = argument[:at] + argument[at + 1 :] if len(argument) > 4 else argument + argument[at]
    call = calls(FOLDER.name)[name]
    assume(misspelt not in inspect.signature(call.function).parameters)
    arguments = {misspelt if each == argument else each: value for each, value in call.arguments.items()}
    with pytest.raises(
        superpose.InputError, match=rf"^{misspelt}=.* is no argument of .*did you mean .*\b{argument}="
    ) as got:
        call.function(**arguments)
    assert got.value.code == "unknown-argument"


def test_every_public_function_is_called() -> None:
    """What takes no arguments, or is made by superpose only, needs no such test."""
    made = {"Basin", "Explained", "Raster", "Landscape", "Level", "Plate", "Prepared", "Registration", "TileShifts"}
    made |= {"AverageMember", "AverageResult", "StackFrame", "StackResult", "MosaicImage", "MosaicLink", "MosaicResult"}
    made |= {"Transform", "InputError", "MissingPackageError", "SuperposeError", "UnreliableError", "UnreliableWarning"}
    made |= {"AssumptionWarning", "AlignedChannels", "Series", "SuperResolved", "LocalShifts"}
    public = {each for each in superpose.__all__ if callable(getattr(superpose, each))} - made
    called = {getattr(call.function, "func", call.function) for call in calls(FOLDER.name).values()}
    assert {each for each in public if getattr(superpose, each) not in called} == set()
    methods = {each for each in vars(superpose.Registration) if each[0] != "_"}
    named = {getattr(each, "__name__", "") for each in called}
    without = {"valid", "trust", "unit", "describe", "plot", "plot_convergence"} | set(
        superpose.Registration.__annotations__
    )
    assert methods - named - without == set()
