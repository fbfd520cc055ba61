"""superpose itself as a benchmark method, and the SciPy path it grew from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import superpose
from benchmarks.cases import Case

Floats = NDArray[np.float64]


def engine(case: Case) -> Floats | None:
    """Run `superpose.register` with no argument but the family, and ``search="local"`` where the set says so."""
    found = superpose.register(case.fixed, case.moving, transform=case.family, search=case.search)
    return np.array(found.transform.matrix)


def powell(case: Case) -> Floats | None:
    """SciPy's Powell down the pyramid, NMI."""
    family = "affine" if case.family == "homography" else case.family
    found = superpose.register(case.fixed, case.moving, transform=family, metric="nmi", optimizer="powell")
    return np.array(found.transform.matrix)


def basinhopping(case: Case) -> Floats | None:
    """SciPy's basin-hopping on the coarse levels, Powell below, NMI."""
    family = "affine" if case.family == "homography" else case.family
    found = superpose.register(case.fixed, case.moving, transform=family, metric="nmi", optimizer="basinhopping")
    return np.array(found.transform.matrix)


OURS = {"superpose": engine, "SciPy Powell": powell, "SciPy basin-hopping": basinhopping}
