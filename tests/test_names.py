"""Names are found however they are capitalised, and near misses are named."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pytest

import superpose
from superpose import InputError, register
from superpose._names import canonical, lookup, public, unknown
from superpose._scipy.global_methods import GLOBAL
from superpose._scipy.local_methods import LOCAL
from superpose._scipy.methods import ALIASES as METHOD_WORDS
from superpose.errors import shown
from superpose.metrics.registry import ALIASES as METRIC_WORDS
from superpose.metrics.registry import METRICS
from superpose.transforms.family import ALIASES as FAMILY_WORDS
from superpose.transforms.family import families

METHODS = (*LOCAL, *GLOBAL)

REGISTRY = {"nmi": 1, "mse": 2, "correlation-ratio": 3}


@pytest.mark.parametrize("name", ["correlation-ratio", "Correlation_Ratio", " CORRELATION RATIO "])
def test_spellings(name: str) -> None:
    assert canonical(name) == "correlation-ratio"
    assert lookup("metric", name, REGISTRY) == 3


def test_near_misses() -> None:
    with pytest.raises(InputError, match=r"^metric='nmj' is not known; did you mean 'nmi'\? choose one of correlation"):
        lookup("metric", "nmj", REGISTRY)
    with pytest.raises(InputError, match=r"^metric='corelation ratio' .* did you mean 'correlation-ratio'\?"):
        lookup("metric", "corelation ratio", REGISTRY)


@pytest.mark.parametrize("value", [None, 3, ["nmi"], b"nmi", {"a": 1}, "", "xyzzy"])
def test_what_is_near_nothing(value: object) -> None:
    with pytest.raises(InputError, match="is not known; choose one of correlation-ratio, mse, nmi") as caught:
        lookup("metric", value, REGISTRY)
    assert repr(value) in str(caught.value)


def test_names_are_listed_in_order() -> None:
    assert "a, b, c" in str(unknown("x", "y", ["c", "a", "b"]))


def test_other_words_for_a_name_lead_to_it_and_their_near_misses_too() -> None:
    words = {"mutual-information": "nmi"}
    assert lookup("metric", "Mutual_Information", REGISTRY, words) == 1
    with pytest.raises(InputError, match=r"did you mean 'nmi'\?"):
        lookup("metric", "mutual informatoin", REGISTRY, words)


@pytest.mark.parametrize("table, known", [(METRIC_WORDS, METRICS), (FAMILY_WORDS, families()), (METHOD_WORDS, METHODS)])
def test_every_other_word_means_a_name_and_is_none_itself(table: dict[str, str], known: Collection[str]) -> None:
    assert set(table.values()) <= set(known)
    assert not set(table) & set(known)
    assert all(word == canonical(word) for word in table)


IMAGE = np.random.default_rng(0).random((20, 24))
NMI = superpose.metrics.NMI
MISFITS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], str]] = {
    "family": (register, (IMAGE, IMAGE, "Euclidean"), {}, "^register.. takes no .* place 3, .*transform='Euclidean'"),
    "metric": (register, (IMAGE, IMAGE, "nmi"), {}, r"name it \(metric='nmi'\)"),
    "unknown": (register, (IMAGE, IMAGE, "xyz"), {}, "name it .one of transform=, metric="),
    "misspelt": (register, (IMAGE, IMAGE), {"tranform": "rigid"}, "^tranform='rigid' is no .* did you mean transform="),
    "missing": (register, (IMAGE,), {}, r"^moving of register\(\) is missing"),
    "twice": (register, (IMAGE, IMAGE), {"fixed": IMAGE}, r"^fixed of register\(\) is given twice"),
    "class": (superpose.SearchRange, (), {"angel": 3}, r"^angel=3 is no argument of SearchRange\(\); .*angle="),
    "metric's setting": (NMI, (), {"bin": 3}, r"^bin=3 is no argument of NMI\(\); did you mean bins="),
    "too many": (superpose.rigid(0.1).inverse, (4,), {}, r"^MatrixTransform\.inverse\(\) takes no .* it takes fewer"),
    "none": (superpose.rigid(0.1).inverse, (), {"x": 4}, r"it takes none"),
}


@pytest.mark.parametrize("function, args, named, words", MISFITS.values(), ids=MISFITS.keys())
def test_calls_that_do_not_fit(function: Any, args: tuple[Any, ...], named: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        function(*args, **named)


def test_an_error_of_type_from_within_is_passed_on() -> None:
    @public
    def broken(_x: int) -> None:
        raise TypeError("within")

    with pytest.raises(TypeError, match="within"):
        broken(1)


def test_a_value_without_a_repr_can_be_shown() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert shown(Silent()) == "of type Silent"
    assert shown(10**6000) == "of type int"
    assert shown("a") == "'a'"
