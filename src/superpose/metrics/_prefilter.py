"""How much to blur both images before the last refinement, so that its error is the smallest their noise allows.

With white noise of variance s2 in each image, matching F to M by squared error after a filter H leaves a variance of

    (2 s2 sum k^2 P H^4 + s2^2 sum k^2 H^4) / (sum k^2 P H^2)^2

per direction, P being the scene's power spectrum: the first term is noise against scene, the second noise against
noise. At high signal-to-noise ratio no blur is best; a scene of steep spectrum under much noise wants a wide one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from superpose._arithmetic.complex_numbers import squared_size
from superpose._arithmetic.elementary import atan2, cosines, gaussian, hanning, read_only
from superpose._arithmetic.matrices import matmul
from superpose._sampling.erosion import eroded
from superpose._sampling.filters import SPLINE_TAPS, filtered
from superpose._sampling.level import PreparedLevel
from superpose._sampling.margins import without_missing_margins
from superpose._sampling.warp import filled_from_nearest
from superpose.image import Mask, Raster
from superpose.metrics.settings import PrefilterSettings

Floats = NDArray[np.float64]

# So many steps of frequency, from 0 to that of every other pixel.
HALF = 32

# The window of smaller blocks is 0 everywhere.
SMALLEST_BLOCK = 3


@dataclass(frozen=True, eq=False)
class Noise:
    """White noise of moving, as filter and interpolation leave it (see `noise_gain` and `slope_noise`)."""

    variance: float
    gain: Floats
    slope: Floats
    in_slopes: float


def white_noise(variance: float, width: float, settings: PrefilterSettings) -> Noise:
    """Return what white noise of a variance becomes by a blur, and by a cubic B-spline's interpolation after that."""
    return Noise(variance, *_noise_tables(width, settings))


@cache
def _noise_tables(width: float, settings: PrefilterSettings) -> tuple[Floats, Floats, float]:
    """Return what `Noise` knows of a blur, whatever the variance."""
    taps = taps_of(width, settings)
    return *noise_gain(taps, settings), slope_noise(taps, settings.frequencies)


@cache
def taps_of(width: float, settings: PrefilterSettings) -> Floats:
    """Return the filter's weights along one axis."""
    if width == 0:
        return read_only(np.ones(1))
    if width <= settings.three_taps:
        side = 0.5 * width * width
        return read_only(np.array([side, 1 - 2 * side, side]))
    reach = int(np.ceil(settings.reach * width))
    weights = gaussian(np.arange(-reach, reach + 1), width)
    return read_only(weights / weights.sum())


def response(taps: Floats, frequency: NDArray[np.integer], turn: int) -> Floats:
    """Return a symmetric filter's response at frequencies, whole numbers of which `turn` make one turn a pixel."""
    middle = len(taps) // 2
    out, wave = np.full(frequency.shape, taps[middle]), cosines(turn)
    for k in range(1, middle + 1):
        out = out + 2 * taps[middle + k] * wave[k * frequency % turn]
    return out


def noise_gain(taps: Floats, settings: PrefilterSettings) -> tuple[Floats, Floats]:
    """Return what filter and cubic B-spline interpolation leave of white noise's variance along one axis.

    Returns
    -------
    gain, slope : ndarray, shape (settings.fractions,)
        At these fractions of a pixel, from 0, and the derivative. It is largest on the pixels and least between
        them: so squared error prefers poses between pixels, and is corrected by what it would show of noise alone.
    """
    turn = settings.frequencies
    frequency = np.arange(turn)
    power = (response(taps, frequency, turn) / _sampled_spline(turn)) ** 2
    # What coefficients so many pixels apart have in common, and the six that a sample draws on.
    lags = (power[:, None] * cosines(turn)[np.outer(frequency, np.arange(6)) % turn]).mean(0)
    common = lags[np.abs(np.subtract.outer(np.arange(6), np.arange(6)))]
    fractions = np.arange(settings.fractions)[:, None] / settings.fractions
    weights = _spline(np.abs(fractions - np.arange(-2, 4)))
    gain: Floats = (matmul(weights, common) * weights).sum(1)
    return read_only(gain), read_only((np.roll(gain, -1) - np.roll(gain, 1)) * (settings.fractions / 2))


def slope_noise(taps: Floats, frequencies: int) -> float:
    """Return what filter and cubic B-spline leave of white noise's variance in a derivative, over all fractions."""
    # From minus half a turn a pixel to half of one.
    frequency = np.arange(frequencies) - frequencies // 2
    power = (response(taps, frequency, frequencies) / _sampled_spline(frequencies)[frequency]) ** 2
    # The spline's own Fourier transform, folded: its power averaged over fractions is that of all its aliases.
    aliases = 2 * np.pi * (frequency[:, None] / frequencies + np.arange(-3, 4))
    # The square of sin(x) / x, x being half of that; to the fourth power.
    sine = 2 - 2 * cosines(frequencies)[frequency]
    spline = np.square(np.square(np.where(aliases == 0, 1.0, sine[:, None] / np.where(aliases == 0, 1.0, aliases**2))))
    along = (power[:, None] * spline * aliases**2).sum(1).mean()
    across = (power[:, None] * spline).sum(1).mean()
    return float(along * across)


def _sampled_spline(turn: int) -> Floats:
    """Return the response of the cubic B-spline's samples, whose inverse is the prefilter, at all frequencies."""
    return np.asarray((4 + 2 * cosines(turn)) / 6)


def _spline(distance: Floats) -> Floats:
    """Return the cubic B-spline at distances from its middle."""
    square, left = distance * distance, np.maximum(2 - distance, 0)
    return np.where(distance < 1, 2 / 3 - square + square * distance / 2, left * left * left / 6)


def spectrum(image: Raster, settings: PrefilterSettings) -> Floats:
    """Return the mean power per pixel by rings of frequency, (rings,), from windowed blocks.

    Where no block is without missing pixels, those that have few take part, what is missing filled from around.
    """
    from scipy import fft

    image = without_missing_margins(image)
    data = image.data
    block = min(settings.block, *data.shape)
    if block < SMALLEST_BLOCK:
        return np.zeros(settings.rings)
    window, norm = _window(block)
    corners = product(*(_starts(n, block, settings.blocks) for n in data.shape))
    parts = [(slice(top, top + block), slice(left, left + block)) for top, left in corners]
    present = [1.0 if image.complete else float(image.mask[part].mean()) for part in parts]
    least = 1.0 if 1.0 in present else settings.min_present
    used = [part for part, share in zip(parts, present, strict=True) if share >= least]
    if not used:
        return np.zeros(settings.rings)
    if least == 1.0:
        pieces, weight = np.stack([data[part] for part in used]), len(used) / norm
    else:
        pieces = np.stack([filled_from_nearest(data[part], image.mask[part]) for part in used])
        weight = sum(float((window * window)[image.mask[part]].sum()) for part in used)
        if not weight:
            return np.zeros(settings.rings)
    pieces -= pieces.mean((1, 2), keepdims=True)
    pieces *= window.astype(np.float32)
    waves = fft.rfft2(pieces, workers=1)
    power = squared_size(waves).sum(0).astype(float)
    ring, share, members = _rings(block, settings.rings)
    power *= share / weight
    found = np.bincount(ring, power.ravel(), settings.rings) / np.maximum(members, 1)
    # Small blocks leave rings empty.
    known = np.flatnonzero(members)
    return np.interp(np.arange(settings.rings), known, found[known])


def noise_floor(power: Floats, settings: PrefilterSettings) -> float:
    """Return the most that the variance of white noise can be, for it is in every ring of a spectrum (see there)."""
    if not power.any():
        return np.inf
    members = _rings(settings.block, settings.rings)[2]
    # Many rings together: the lowest of noisy ones is too low.
    sums = [sliding_window_view(each, settings.floor_rings).sum(1) for each in (power * members, members)]
    return float((sums[0] / sums[1]).min())


def _starts(size: int, block: int, most: int) -> list[int]:
    count = max(1, min(most, size // (block // 2) - 1))
    return [int(k) for k in np.linspace(0, size - block, count)]


@cache
def _window(block: int) -> tuple[Floats, float]:
    """Return what a block is multiplied by, and one over what that leaves of the power of white noise."""
    window = hanning(block)[:, None] * hanning(block)
    return read_only(window), float(1 / (window**2).sum())


@cache
def _rings(block: int, count: int) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return the ring of each frequency of a real block's transform, how many it stands for, and each ring's number."""
    along, across = 2 * np.pi * np.fft.fftfreq(block), 2 * np.pi * np.fft.rfftfreq(block)
    size = np.sqrt(np.add.outer(along**2, across**2))
    ring = _ring(size, count).ravel()
    share = np.full(block // 2 + 1, 2.0)
    share[0] = 1.0
    if block % 2 == 0:
        share[-1] = 1.0
    members = np.bincount(ring, np.broadcast_to(share, size.shape).ravel(), count).astype(float)
    return read_only(ring), read_only(share), read_only(members)


def _ring(size: Floats, count: int) -> NDArray[np.intp]:
    return np.asarray(np.minimum((size / (np.sqrt(2) * np.pi) * count).astype(np.intp), count - 1))


def best_blur(power: Floats, noise: float, pixels: float, averaged: bool, settings: PrefilterSettings) -> float:
    """Return the width that lets expect the smallest error.

    Parameters
    ----------
    power : ndarray
        Of one image, noise included, by rings of frequency (see `spectrum`).
    noise : float
        Variance of the noise in one image.
    pixels : float
        How many the images share: the more, the smaller the variance, and the more a bias counts.
    averaged : bool
        Whether the pose meets all fractions of a pixel, as a turn does and a shift does not: the interpolation's
        error then averages out.
    settings : PrefilterSettings
        The widths to choose from, and what is known of noise and bias.
    """
    if not power.any():
        return 0.0
    ring, squared, late, passed = _responses(settings)
    # A ring whose power is not well above what noise alone would show has no scene to speak of.
    scene = np.where(power > settings.above * noise, power - noise, 0)[ring]
    seen = scene * squared * passed
    signal = seen.sum(1)
    known = signal > 0
    signal, seen, passed = signal[known], seen[known], passed[known]
    if not len(signal):
        return settings.widths[-1]
    variance = (2 * noise * (seen * passed).sum(1) + noise * noise * (squared * passed**2).sum(1)) / signal**2
    bias = (settings.averaged_bias if averaged else 1.0) * (scene * passed * late).sum(1) / (0.5 * signal)
    error = variance * (2 * HALF) ** 2 / pixels + bias**2
    return float(np.array(settings.widths)[known][np.argmin(error)])


@cache
def _responses(settings: PrefilterSettings) -> tuple[NDArray[np.intp], Floats, Floats, Floats]:
    """Return the rings of a quarter of the plane of frequencies, which stands for the others, and what weighs them.

    That is the squared frequency, frequency times lateness, and (widths, frequencies) the squared responses.
    """
    frequency = np.pi * np.arange(HALF + 1) / HALF
    size = np.add.outer(frequency**2, frequency**2)
    along = np.where((frequency == 0) | (frequency == np.pi), 1.0, 2.0)
    late = (frequency * _lateness(HALF))[:, None] * np.outer(along, along)
    passed = [response(taps_of(width, settings), np.arange(HALF + 1), 2 * HALF) ** 2 for width in settings.widths]
    squares = np.stack([np.outer(each, each).ravel() for each in passed])
    squared = (size * np.outer(along, along)).ravel()
    ring = _ring(np.sqrt(size), settings.rings).ravel()
    return read_only(ring), read_only(squared), read_only(late.ravel()), read_only(squares)


@cache
def _lateness(half: int) -> Floats:
    """Return by what phase cubic B-spline interpolation a quarter of a pixel away misses the true wave.

    It is of `half` frequencies up to half a turn a pixel, and of 0. It is nothing on pixels and half-way between them,
    and has opposite signs on the two sides. An interpolation without it (band-limited, at twice the resolution) is no
    way out: pairs that were themselves moved by cubic or linear interpolation come out wrong by a twentieth of a pixel
    then, while a blur serves all of them.
    """
    # In quarters of a pixel, so many of which make a turn of the lowest frequency.
    offsets, turn = 4 * np.arange(-2, 4) - 1, 8 * half
    angles, weights = np.outer(np.arange(half + 1), offsets), _spline(np.abs(offsets / 4))
    real, imaginary = (matmul(cosines(turn)[(angles - by) % turn], weights) for by in (0, turn // 4))
    return read_only(np.array([abs(atan2(y, x)) for x, y in zip(real.tolist(), imaginary.tolist(), strict=True)]))


def blurred(image: PreparedLevel, width: float, settings: PrefilterSettings) -> PreparedLevel:
    """Return an image through the filter; missing pixels and what lies beyond the border take no part."""
    if width == 0:
        return image
    taps, weights = _half(taps_of(width, settings)), image.image.weights
    if weights is None:
        data = filtered(image.filled(), taps, image.threads)
    else:
        parts = image.image.parts
        over = np.maximum(filtered(parts, taps, image.threads), np.float32(1e-6))
        data = np.asarray(filtered(image.image.data * parts, taps, image.threads) / over, np.float32)
    mask = _untouched(image.image, width, settings)
    np.copyto(data, 0, where=~mask)
    made = replace(image.image, data=data, mask=mask)
    return PreparedLevel(made, image.threads, settings=image.settings)


def splined(image: PreparedLevel, width: float, settings: PrefilterSettings) -> PreparedLevel:
    """Return an image that is to be sampled by cubic B-spline as if it had been `blurred` first.

    Both filters are one: the blurred image is never made.
    """
    if width == 0:
        return image
    if image.image.weights is not None:
        return blurred(image, width, settings)
    spline = np.r_[SPLINE_TAPS[:0:-1], SPLINE_TAPS]
    both = _half(_convolved(taps_of(width, settings), spline))
    kept = replace(image.image, mask=_untouched(image.image, width, settings))
    coefficients = filtered(image.filled(), both, image.threads, 1, 2)
    return PreparedLevel(kept, image.threads, coefficients, settings=image.settings)


def _convolved(a: Floats, b: Floats) -> Floats:
    """Return the filter that is two filters, one after the other."""
    out = np.zeros(len(a) + len(b) - 1)
    for k, weight in enumerate(a):
        out[k : k + len(b)] += weight * b
    return out


def _half(taps: Floats) -> Floats:
    return taps[len(taps) // 2 :]


def _untouched(image: Raster, width: float, settings: PrefilterSettings) -> Mask:
    """Return where a filter's result is that of the scene alone.

    What a missing pixel or the mirror beyond the border had a part in would hold the pose where it is, the more so the
    smaller the overlap.
    """
    mask = _eroded(image, max(1, round(settings.clear * width)))
    return image.mask if np.count_nonzero(mask) < settings.min_kept * image.pixel_count else mask


def _eroded(image: Raster, reach: int) -> Mask:
    """Return the pixels that are farther than `reach` from a missing one, along both axes, and from the border."""
    if image.complete:
        inner = np.zeros(image.mask.shape, bool)
        inner[reach:-reach, reach:-reach] = True
        return inner
    return eroded(image.mask, reach)
