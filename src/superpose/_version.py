"""The version, and those of the libraries that shape a result."""

from __future__ import annotations

__version__ = "0.1.0"


def versions() -> dict[str, str]:
    """Return the versions of superpose, NumPy and SciPy."""
    import numpy
    import scipy

    return {"superpose": __version__, "numpy": numpy.__version__, "scipy": scipy.__version__}
