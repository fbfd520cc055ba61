"""How wide the photon counts of a pair are summed before anything is made of them."""

from __future__ import annotations

from superpose._sampling.counts import CountScale, widest_needed
from superpose._sampling.prepared import Prepared
from superpose.metrics._prefilter import best_blur, spectrum
from superpose.metrics.settings import PrefilterSettings


def common_summing(fixed: Prepared, moving: Prepared, settings: PrefilterSettings) -> float | None:
    """Return the width, in pixels, under which both images' counts are summed; None unless both are counts.

    Counts' noise is known, and white until they are summed: the blur that suits it is chosen here, once, rather than
    on the finest level.
    """
    if fixed.counts is None or moving.counts is None:
        return None
    each = [(image, image.counts) for image in (fixed, moving) if image.counts is not None]
    return max(_width(image, scale, settings) for image, scale in each)


def _width(image: Prepared, scale: CountScale, settings: PrefilterSettings) -> float:
    """Return how wide one image's counts are to be summed."""
    power = spectrum(image.image, settings)
    noise = scale.step * scale.step * scale.mean
    best = best_blur(power, noise, float(image.image.pixel_count), False, settings)
    least = max(best, widest_needed(scale.mean, image.settings.counts))
    return next((width for width in settings.widths if width >= least), settings.widths[-1])
