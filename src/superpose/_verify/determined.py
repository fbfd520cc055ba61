"""Which directions of a step both images together determine, and which are free.

A direction is determined by slopes that both images have at the same places: the sum over pixels of what a step along
it does to fixed, times what it does to moving. Noise is another one in each image, so it adds nothing to the sum,
however much of it there is; and what a gain and an offset explain as well (a shift of a plane of grey values) is taken
off. The sums are compared with those of slopes as steep that run all ways, and with what chance makes of them. Images
are looked at blurred, on a level with pixels twice as large, where the steps of an edge's pixels are no structure.
One outline (the rim of a dish) may be so much steeper than all that it holds that the sums are its own, and what turns
and tilts with the scene is next to nothing beside it: so before a direction is called free slopes are asked once more,
of which none counts more than others for being steep.
Where slopes run the same way along one direction and opposite ways along another, the two are no images of one
modality, whatever compares them, and each is asked by itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import eigen, matmul
from superpose._refine.algebra import Frame
from superpose._sampling.level_pair import LevelPair
from superpose._verify.settings import StructureSettings
from superpose.metrics._level_objective import meets_all_fractions
from superpose.metrics._prefilter import blurred
from superpose.metrics._sampled_rows import SampledRows
from superpose.metrics.settings import PrefilterSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, velocities

Floats = NDArray[np.float64]

PREFILTER = PrefilterSettings()


def free_steps(pair: LevelPair, pose: IndexMap, family: Family, alike: bool, settings: StructureSettings) -> Floats:
    """Return the steps that the images do not determine, (k, n), orthogonal in what they do to the image.

    Parameters
    ----------
    pair : LevelPair
        What is looked at.
    pose : IndexMap
        Between its pixels.
    family : Family
        Whose steps they are.
    alike : bool
        Whether the intensities are those of one modality; else each image is asked by itself.
    settings : StructureSettings
        What counts as structure.
    """
    incoherent = meets_all_fractions(pose, pair, settings.all_fractions)
    smooth = _smooth(pair, settings)
    found = _directions(smooth, pose, family, alike, settings.pixels, settings)
    part, even = settings.incoherent_ratio, settings.incoherent_even_ratio
    if not incoherent:
        part, even = settings.min_ratio, settings.even_ratio
    free = max((_free(*each, settings, part) for each in found), key=len, default=np.zeros((0, family.size)))
    return free[:0] if len(free) and alike and _determined_evenly(smooth, pose, family, even, settings) else free


def clearly_determined(
    pair: LevelPair, pose: IndexMap, family: Family, alike: bool, settings: StructureSettings
) -> bool:
    """Return whether few pixels, of a level coarser than what `free_steps` looks at, show that it would find nothing.

    The parameters are those of `free_steps`. A coarser level shows less structure than a finer one, not more.
    """
    found = _directions(_smooth(pair, settings), pose, family, alike, settings.few_pixels, settings)
    clear = settings.clear_factor
    enough = [
        ratios.min() >= clear * _least(ratios, settings, settings.min_ratio)
        and significance.min() >= settings.clear_chance
        for ratios, significance, _ in found
    ]
    return bool(found) and all(enough)


def _directions(
    smooth: LevelPair, pose: IndexMap, family: Family, alike: bool, pixels: int, settings: StructureSettings
) -> list[tuple[Floats, Floats, Floats]]:
    """Return what `_weighed` does of both images together, or of each by itself; nothing without structure."""
    derivatives, reference = _derivatives(smooth, pose, family, pixels)
    if reference is None:
        return []
    found = _weighed(*derivatives, reference) if alike else None
    if alike and not (found is not None and _opposed(*found[:2], len(derivatives[0]), settings)):
        return [] if found is None else [found]
    own = [each for each in (_weighed(each, each, reference) for each in derivatives) if each is not None]
    # An image agrees with itself everywhere: that is not by chance, however few places have structure.
    return [(ratios, np.full(len(ratios), np.inf), steps) for ratios, _, steps in own]


def _determined_evenly(
    smooth: LevelPair, pose: IndexMap, family: Family, part: float, settings: StructureSettings
) -> bool:
    """Return whether both images' slopes together determine every direction if the steep ones count as the others."""
    derivatives, reference = _derivatives(smooth, pose, family, settings.pixels, settings.even_part)
    found = None if reference is None else _weighed(*derivatives, reference)
    if found is None:
        return False
    ratios, significance, _ = found
    enough = ratios.min() >= _least(ratios, settings, part)
    return bool(enough and significance.min() >= settings.even_chance)


def _smooth(pair: LevelPair, settings: StructureSettings) -> LevelPair:
    """Return a pair as it is looked at."""
    return LevelPair(*(blurred(each, settings.blur, PREFILTER) for each in (pair.fixed, pair.moving)))


def _least(ratios: Floats, settings: StructureSettings, part: float) -> float:
    """Return the structure, relative to the reference's, that a direction has at least that is not free."""
    return max(settings.min_structure, part * float(ratios.max()))


def _free(ratios: Floats, significance: Floats, steps: Floats, settings: StructureSettings, part: float) -> Floats:
    weak = ratios < _least(ratios, settings, part)
    return np.ascontiguousarray(steps[weak | (significance < settings.chance)])


def _opposed(ratios: Floats, significance: Floats, pixels: int, settings: StructureSettings) -> bool:
    """Return whether slopes run opposite ways along a direction, beyond what chance makes of so many pixels."""
    beyond = (significance <= -settings.chance) & (-ratios * np.sqrt(pixels) >= settings.opposed)
    return bool(beyond.any())


def _derivatives(
    pair: LevelPair, pose: IndexMap, family: Family, pixels: int, even_part: float | None = None
) -> tuple[tuple[Floats, Floats], Floats | None]:
    """Return what a step does to fixed and to moving, (pixels, n) each, and the matrix of slopes that run all ways.

    With an `even_part` each image's pixels are weighed by how steep they are: all alike that are much steeper than
    this part of the mean square.
    """
    rows, ndim = SampledRows(pair.fixed.image, pixels), len(pose) - 1
    frame = Frame.over(pair.fixed.shape)
    use, warped = rows.mask.copy(), []
    for offset in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)):
        beside = np.eye(ndim + 1)
        beside[:-1, -1] = offset
        values, seen = rows.under(pair.moving, IndexMap(matmul(pose, beside)), cubic=False)
        use &= seen
        warped.append(values)
    here, below, above, right, left = (each[use].astype(float) for each in warped)
    lines, columns = np.nonzero(use)
    places = np.stack([np.array(rows.rows)[lines], columns], 1)
    rates = velocities(frame.group, (places - frame.centre) / frame.radius)
    down, across = (matmul(np.ascontiguousarray(rates[:, axis]), family.basis) for axis in (0, 1))
    slopes = [tuple(each[use].astype(float) for each in rows.slopes), ((below - above) / 2, (right - left) / 2)]
    energy = [a * a + b * b for a, b in slopes]
    total = [float(each.sum()) for each in energy]
    if even_part is None or min(total) <= 0:
        counted = [np.ones(len(lines)) for _ in energy]
    else:
        counted = [1 / np.sqrt(each + even_part * each.mean()) for each in energy]
        energy = [each * weight * weight for each, weight in zip(energy, counted, strict=True)]
        total = [float(each.sum()) for each in energy]
    known = (rows.values[use].astype(float), here)
    found = tuple(
        _less_explained(weight[:, None] * (a[:, None] * down + b[:, None] * across), weight, weight * value)
        for (a, b), value, weight in zip(slopes, known, counted, strict=True)
    )
    if len(lines) <= family.size or min(total) <= 0:
        return (found[0], found[1]), None
    # Both images count alike, whatever their contrast.
    scale = np.sqrt(total[0] * total[1])
    weights = (0.25 * scale * (energy[0] / total[0] + energy[1] / total[1]))[:, None]
    return (found[0], found[1]), matmul(down.T, weights * down) + matmul(across.T, weights * across)


def _less_explained(derivative: Floats, offset: Floats, gain: Floats) -> Floats:
    """Return what an offset and a gain leave of a derivative."""
    if not len(offset):
        return derivative
    gain = gain - offset * (float((gain * offset).sum()) / float((offset * offset).sum()))
    for each in (offset, gain):
        squares = float((each * each).sum())
        if squares > 0:
            derivative = derivative - np.multiply.outer(each, matmul(derivative.T, each) / squares)
    return derivative


def _weighed(one: Floats, other: Floats, reference: Floats) -> tuple[Floats, Floats, Floats] | None:
    """Return each direction's structure relative to `reference`'s, its significance, and the step; None without any."""
    values, vectors = eigen(reference)
    if not values.min() > 0:
        return None
    white = vectors / np.sqrt(values)
    common = matmul(one.T, other)
    ratios, axes = eigen(matmul(white.T, 0.5 * (common + common.T), white))
    sign = 1.0 if ratios.sum() >= 0 else -1.0
    back = matmul(white, axes)
    products = sign * matmul(one, back) * matmul(other, back)
    # A few very steep pixels outweigh all others in the sum, and in the scatter that it is compared with.
    roots = np.sign(products) * np.sqrt(np.abs(products))
    plain = _deviations(products)
    significance = np.where(plain > 0, np.maximum(plain, _deviations(roots)), plain)
    return sign * ratios, significance, np.ascontiguousarray(back.T)


def _deviations(values: Floats) -> Floats:
    """Return how many standard deviations sums over pixels, (pixels, n), are from none."""
    return np.asarray(values.sum(0) / np.maximum(np.sqrt(np.square(values).sum(0)), 1e-300))
