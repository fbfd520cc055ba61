"""Names are found however they are capitalised, and near misses are named."""

from __future__ import annotations

import pytest

from superpose import InputError
from superpose._names import canonical, lookup, unknown

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
