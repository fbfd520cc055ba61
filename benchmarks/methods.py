"""superpose itself as a benchmark method, and the SciPy path it grew from."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import superpose
from benchmarks.cases import Case, CaseSet

Floats = NDArray[np.float64]


def engine(case: Case) -> Floats | None:
    """Run `superpose.register` with no argument but the family, and what the set says has to be told."""
    told: dict[str, Any] = {"allow_flip": True} if case.allow_flip else {}
    found = superpose.register(case.fixed, case.moving, transform=case.family, search=case.search, **told)
    return np.array(found.transform.matrix)


def serves(chosen: CaseSet) -> bool:
    """Whether this superpose has the arguments that a set needs."""
    return not chosen.allow_flip or "allow_flip" in inspect.signature(superpose.register).parameters


def scipy_path(optimizer: str, case: Case) -> Floats | None:
    """Run the descent that superpose grew from: a SciPy optimiser down the pyramid, NMI, from centre on centre."""
    found = superpose.register(case.fixed, case.moving, transform=case.family, metric="nmi", optimizer=optimizer)
    return np.array(found.transform.matrix)


OURS = {
    "superpose": engine,
    "SciPy Powell": partial(scipy_path, "powell"),
    "SciPy basin-hopping": partial(scipy_path, "basinhopping"),
}
