"""What `landscape` returns: a metric as a function of one or two parameters of the pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from superpose._checks import is_whole
from superpose._names import public
from superpose.errors import InputError, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


@public
@dataclass(frozen=True, eq=False)
class Landscape:
    """A metric sampled over one or two parameters of the pose.

    Attributes
    ----------
    parameters : tuple of str
        What was varied, one name for a curve and two for a surface.
    samples : tuple of ndarray
        The values tried of each parameter: shifts of the image's centre in full-resolution pixels (in `unit`),
        degrees, ratios.
    by_level : ndarray of float64, shape (levels, samples of the first parameter[, samples of the second])
        The metric's own values, finest level first; NaN where too little overlaps.
    metric : str
        Its name.
    best : {"lowest", "highest"}
        Which values mean a better alignment.
    shapes : tuple of tuple of int
        Rows and columns of each level of fixed; of a volume planes, rows and columns.
    smooth : float
        Standard deviation, in pixels, of the Gaussian that both images were blurred with first.
    unit : str
        What shifts are told in: "px", or "units" of the spacing where either image has one.
    """

    parameters: tuple[str, ...]
    samples: tuple[Floats, ...]
    by_level: Floats
    metric: str
    best: str
    shapes: tuple[tuple[int, ...], ...]
    smooth: float = 0.0
    unit: str = "px"

    @property
    def values(self) -> Floats:
        """The metric on the full images."""
        values: Floats = self.by_level[0]
        return values

    @property
    def costs(self) -> Floats:
        """The metric on the full images, turned so that lower is better."""
        return self.costs_on(0)

    def costs_on(self, level: int) -> Floats:
        """Return the metric on one level (0 is the finest), turned so that lower is better."""
        most = len(self.by_level) - 1
        if not is_whole(level) or not 0 <= level <= most:
            raise InputError("no-such-number", argument="level", value=shown(level), least=0, most=most)
        values: Floats = self.by_level[level]
        return values if self.best == "lowest" else -values

    def minimum(self, level: int = 0) -> tuple[float, ...]:
        """Return the parameters of the best sample on one level."""
        index = np.unravel_index(np.nanargmin(self.costs_on(level)), self.values.shape)
        return tuple(float(values[i]) for values, i in zip(self.samples, index, strict=True))

    def local_minima(self, level: int = 0) -> Floats:
        """Return where a search that only walks downhill may end, best first.

        Returns
        -------
        ndarray, shape (count, number of parameters)
            Samples with a lower cost than all their neighbours; not those on the edge of what was sampled.
        """
        from scipy import ndimage

        costs = self.costs_on(level)
        known = np.where(np.isnan(costs), np.inf, costs)
        around = np.ones((3,) * costs.ndim, bool)
        around[(1,) * costs.ndim] = False
        lower = known < ndimage.minimum_filter(known, footprint=around, mode="constant", cval=-np.inf)
        # Beside what has no value it is an edge, too.
        lower &= np.isfinite(ndimage.maximum_filter(known, size=3))
        index = np.argwhere(lower)
        index = index[np.argsort(known[lower], kind="stable")]
        return np.stack([values[index[:, axis]] for axis, values in enumerate(self.samples)], -1)

    def plot(self) -> Figure:
        """Return a matplotlib figure: a curve for each level, or for two parameters a map."""
        from superpose._report.landscapes import plot_landscape

        return plot_landscape(self)

    def __repr__(self) -> str:
        ranges = ", ".join(
            f"{name} {values[0]:g}..{values[-1]:g}" for name, values in zip(self.parameters, self.samples, strict=True)
        )
        at = ", ".join(f"{value:g}" for value in self.minimum())
        blurred = f" after a blur of {self.smooth:g} px" if self.smooth else ""
        return f"<Landscape: {self.metric} over {ranges}{blurred}; {self.best} at {at}>"
