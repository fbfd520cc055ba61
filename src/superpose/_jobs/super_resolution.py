"""Make one finer image of the frames of a burst."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import cos, sin
from superpose._arithmetic.matrices import matmul
from superpose._checks import as_number
from superpose._jobs.cameras import Cameras
from superpose._jobs.frames import frames_of
from superpose._jobs.resolving import levelled, resolve
from superpose._jobs.sensor import single_pixels
from superpose._jobs.sources import Frames
from superpose._jobs.stack_result import StackResult
from superpose._jobs.stacks import FAMILIES, excluded_frames, stack
from superpose._jobs.super_result import SuperResolved
from superpose._jobs.super_settings import SuperSettings
from superpose._names import public
from superpose._progress.watch import Progress, Stage, watched
from superpose._sampling.resample import cast_to, has_data
from superpose._sampling.warp import nearest
from superpose._spatial import Image
from superpose._threads import thread_count
from superpose.errors import InputError, UnreliableError, UnreliableWarning, shown, text
from superpose.grid import Grid
from superpose.image import Pixels, is_colour
from superpose.transforms.geometry import PhysicalMap, to_index

Floats = NDArray[np.float64]
# What has an axis no longer than that may be meant as channels: `stack` says so.
_CHANNELS = 4


@public(transform=FAMILIES)
def super_resolve(
    frames: Any,
    scale: float = 2,
    *,
    transform: str = "rigid",
    blur: float | None = None,
    channel: int | None = None,
    exclude: Any = (),
    transforms: Any = None,
    progress: Progress = False,
    max_pixels: int | None = None,
    threads: int | None = None,
) -> SuperResolved:
    """Make one finer image of the frames of a burst: more detail than any of them shows.

    Parameters
    ----------
    frames : array_like, path, or iterable of images and paths
        Two or more, as for `stack`: of one scene, from a camera that moved a little. All are held in memory.
    scale : float
        How many of the finer pixels a frame's pixel is wide: more than 1, at most 4.
    transform : {"rigid", "translation", "similarity", "affine"}
        How frames have moved.
    blur : float, optional
        What the lens adds to the pixel's own square: a Gaussian's standard deviation, in pixels of a frame. Default:
        0.35, a sharp lens.
    channel, exclude, transforms
        As for `stack`. All channels go along.
    progress : bool or callable
        As for `register`.
    max_pixels, threads : int, optional
        As for `register`.

    Returns
    -------
    SuperResolved
        Frozen, with `.image`, `.coverage`, `.grid`, `.transforms`, `.table`, `.counted`, `.plot()`.

    Raises
    ------
    InputError
        If an argument cannot be used, or frames are volumes or a single one.
    UnreliableError
        If fewer than two frames could be placed.

    Warns
    -----
    UnreliableWarning
        If frames could not be placed: `.table` says which and why. If they moved by whole pixels only, so that none
        shows what another does not.

    Notes
    -----
    Frames are placed by `stack` on the first one. Then an image is sought of which the frames are views: each pixel
    sees its own square, blurred by the lens. That is a problem of least squares over all pixels of all frames, solved
    by conjugate gradients. Frames count by their noise, as if all were exposed as the first is; parts of a frame that
    do not fit the others, as they moved, count less, and single pixels that are off in all frames not at all. What the
    frames leave open is asked to be smooth, as smooth as each part of the image turns out to be: no weight is set by
    hand.

    Detail beyond a frame's own can be had only if frames lie on different parts of a pixel, as those from a hand do,
    and if the lens lets it through. About `scale` squared frames are needed, more where there is noise.

    References
    ----------
    M. Elad and A. Feuer, "Restoration of a single superresolution image from several blurred, noisy, and undersampled
    measured images", IEEE Transactions on Image Processing 6(12), 1997.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> scene = skimage.data.camera()[64:256, 64:256] / 255.0
    >>> def seen(row, column):
    ...     return scene[row : row + 180, column : column + 180].reshape(90, 2, 90, 2).mean((1, 3))
    >>> burst = [seen(*place) for place in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 3))]
    >>> found = superpose.super_resolve(burst, 2, transform="translation", blur=0)
    >>> found
    <SuperResolved: 180 x 180 float64, 2 times finer, of 5 of 5 frames>
    >>> bool(np.std((found.image - scene[:180, :180])[8:-8, 8:-8]) < 0.02)
    True
    """
    settings = SuperSettings()
    finer = _checked(scale, 1, settings.most_scale, "bad-scale", "scale")
    if not finer > 1:
        raise InputError("bad-scale", argument="scale", value=shown(scale), most=f"{settings.most_scale:g}")
    width = settings.blur if blur is None else _checked(blur, 0, settings.most_blur, "bad-blur", "blur")
    count = thread_count(threads)
    with watched(progress) as watch:
        given = frames_of(frames, max_pixels)
        if len(given) < 2:
            raise InputError("no-burst", argument="frames", value=len(given))
        kept = sorted(set(range(len(given))) - excluded_frames(exclude, len(given)))
        if len(kept) < 2:
            raise InputError("no-burst-left", argument="exclude", value=shown(exclude), left=len(kept))
        # Said before all are aligned.
        if channel is None and (volume := _volume(given, kept[0])):
            raise InputError("not-2d", argument=given.name(kept[0]), value=volume)
        options: dict[str, Any] = {"transform": transform, "channel": channel, "exclude": exclude, "threads": threads}
        options |= {"transforms": transforms, "max_pixels": max_pixels, "progress": watch}
        with warnings.catch_warnings(record=True) as said_of_them:
            warnings.simplefilter("always")
            placed = stack(given, reference="first" if kept[0] == 0 else kept[0], **options)
            used = [each.frame for each in placed.table if each.used]
            if used and used[0] != kept[0]:
                # The finer image lies where a frame does.
                said_of_them.clear()
                placed = stack(given, reference=used[0], **options)
                note = text("first-left-out", argument="frames", value=shown(kept[0]), kept=used[0])
                placed = replace(placed, warnings=(note, *placed.warnings))
                used = [each.frame for each in placed.table if each.used]
        if placed.frame_grid.ndim != 2:
            raise InputError("not-2d", argument="frames", value=placed.frame_grid.shape)
        if len(used) < 2 and transforms is not None:
            raise InputError("no-burst-left", argument="transforms", value=shown(transforms), left=len(used))
        if len(used) < 2:
            reason = next((each.why_not for each in placed.table if each.why_not), "there is but one")
            raise UnreliableError("burst-not-placed", argument="frames", value=len(placed.table), reason=reason)
        watch.begin(Stage.WARP)
        burst = _Burst.of(given, placed, used)
        found = _resolved(burst, placed, used, finer, width, settings, count)
    for each in said_of_them:
        warnings.warn(str(each.message), each.category, stacklevel=3)
    for said in found.warnings:
        if said.endswith(("[whole-pixels]", "[first-left-out]")):
            warnings.warn(said, UnreliableWarning, stacklevel=3)
    return found


def _volume(given: Frames, number: int) -> tuple[int, ...] | None:
    """Return the shape of a frame that is a volume; None of one that is none, or cannot be read."""
    try:
        frame = given.image(number)
    except InputError:
        return None
    shape = tuple(frame.grid.shape if isinstance(frame, Image) else np.shape(frame))
    return shape if len(shape) == 3 and not is_colour(shape) and min(shape) > _CHANNELS else None


def _checked(value: Any, least: float, most: float, code: str, argument: str) -> float:
    number = as_number(value)
    if not least <= number <= most:
        raise InputError(code, argument=argument, value=shown(value), most=f"{most:g}")
    return number


@dataclass(frozen=True, eq=False)
class _Burst:
    """Frames that were placed, shape (frames, planes, rows, columns), less an offset, in a unit of their own.

    Attributes
    ----------
    counts : ndarray
        1 where they have data.
    to_frames : list of ndarray
        From the reference's pixels to each frame's.
    unit : float
        A power of two: it takes no digit, and squares of what is measured in it are neither too small nor too large.
    channels : tuple of int
        Whether frames have several: their number, or nothing.
    dtype : dtype
        One that holds all frames.
    """

    pixels: Pixels
    counts: Pixels
    to_frames: list[Floats]
    offset: float
    unit: float
    channels: tuple[int, ...]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, given: Frames, placed: StackResult, used: list[int]) -> _Burst:
        grid, dtypes = placed.frame_grid, []
        pixels, counts = [], []
        matrices: list[Floats] = []
        offset, unit, channels = 0.0, 1.0, None
        for number in used:
            frame, transform = given[number], placed.transforms[number]
            assert transform is not None
            own = frame.shape[2:]
            if channels is None:
                channels, here = own, has_data(frame)
                kept = np.asarray(frame)[here].astype(float)
                offset = float(np.median(kept)) if kept.size else 0.0
                unit = math.ldexp(1.0, math.frexp(float(np.abs(kept - offset).max(initial=0.0)))[1])
            if own != channels:
                said, others = (f"{each[0]} channels" if each else "one channel" for each in (own, channels))
                raise InputError("unlike-frames", argument=given.name(number), value=said, expected=others)
            all_here = has_data(frame).reshape(*grid.shape, -1).all(-1)
            planes = np.moveaxis(np.asarray(frame).reshape(*grid.shape, -1), -1, 0)
            pixels.append(np.where(all_here, (planes.astype(float) - offset) / unit, 0).astype(np.float32))
            counts.append(all_here.astype(np.float32))
            matrices.append(np.asarray(to_index(PhysicalMap(transform.matrix), grid, grid)))
            dtypes.append(frame.dtype)
        assert channels is not None
        return cls(np.stack(pixels), np.stack(counts), matrices, offset, unit, channels, np.result_type(*dtypes))


def _resolved(
    burst: _Burst,
    placed: StackResult,
    used: list[int],
    scale: float,
    blur: float,
    settings: SuperSettings,
    threads: int,
) -> SuperResolved:
    grid = placed.frame_grid
    rows, columns = (round(n * scale) for n in grid.shape)
    first = (1 / scale - 1) / 2
    spacing = tuple(each / scale for each in grid.spacing)
    origin = tuple(grid.to_physical([first, first]).tolist())
    to = Grid((rows, columns), origin, spacing, grid.direction, grid.unit, grid.anatomical)
    # What pixels at the border see beyond it is solved for, too, and cut off.
    beyond = math.ceil((0.5 + settings.reach * (blur + 0.3 / scale)) * scale)
    finer = np.array([[1 / scale, 0, first - beyond / scale], [0, 1 / scale, first - beyond / scale], [0, 0, 1]])
    shape = (rows + 2 * beyond, columns + 2 * beyond)
    size = burst.pixels.shape[2:]
    cameras = Cameras.of(shape, (size[0], size[1]), burst.to_frames, finer, blur, settings, threads)
    frames = levelled(cameras, burst.pixels, burst.counts, settings)
    spread = float(np.sqrt(np.square(frames[0]).mean(dtype=float)))
    step = 0.0 if burst.dtype.kind == "f" else math.sqrt(1 / 12) / burst.unit
    least = max(settings.quietest * spread, step, 1e-30)
    suspects = single_pixels(frames.mean(1).__getitem__, range(len(frames)))
    found = resolve(cameras, frames, burst.counts, suspects, least, settings)
    inner = slice(beyond, beyond + rows), slice(beyond, beyond + columns)
    whole, seen = (_coverage(cameras, each)[inner] for each in (burst.counts, found.weights))
    image = cast_to(
        np.moveaxis(found.scene[(slice(None), *inner)], 0, -1).astype(float) * burst.unit, burst.offset, burst.dtype
    )
    image[whole == 0] = np.nan if burst.dtype.kind == "f" else 0
    counted = np.full(len(placed.table), np.nan)
    counted[used] = found.weights.sum((1, 2), dtype=float) / np.maximum(burst.counts.sum((1, 2), dtype=float), 1)
    return SuperResolved(
        image if burst.channels else image[..., 0],
        seen,
        to,
        placed.transforms,
        placed.table,
        tuple(counted.tolist()),
        float(np.median(found.noise)) * burst.unit,
        scale,
        blur,
        placed.reference,
        (*placed.warnings, *_notes(burst, placed, scale, settings)),
    )


def _coverage(cameras: Cameras, weights: Pixels) -> NDArray[np.int32]:
    """Return by how many frames each of the finer pixels is seen."""
    out = np.zeros(cameras.shape, np.int32)
    for each, matrix in zip(weights, cameras.matrices, strict=True):
        out += nearest(each > 0.5, matrix, cameras.shape, False)[0]
    return out


def _notes(burst: _Burst, placed: StackResult, scale: float, settings: SuperSettings) -> list[str]:
    """Return what the frames cannot show, in words."""
    said = []
    together = _together(burst, placed.frame_grid, settings)
    if min(together) > settings.together:
        said.append(text("whole-pixels", argument="frames", value=len(burst.to_frames)))
    elif max(together) > settings.together:
        along = ("rows", "columns")[int(together[1] > together[0])]
        said.append(text("whole-pixels-along", argument="frames", value=along))
    if len(burst.to_frames) < scale * scale:
        enough = math.ceil(scale * scale)
        said.append(text("few-frames", argument="frames", value=len(burst.to_frames), scale=f"{scale:g}", least=enough))
    return said


def _together(burst: _Burst, grid: Grid, settings: SuperSettings) -> tuple[float, float]:
    """Return how nearly frames stand on one part of a pixel along each axis, 0 to 1, as a usual place has it."""
    lines = [np.linspace(0, n - 1, settings.places) for n in grid.shape]
    points = np.stack([*map(np.ravel, np.meshgrid(*lines, indexing="ij")), np.ones(settings.places**2)])
    where = np.stack([matmul(each, points)[:2] for each in burst.to_frames])
    turns = 2 * math.pi * (where - np.rint(where))
    across, up = (np.array([f(each) for each in turns.ravel().tolist()]).reshape(turns.shape) for f in (cos, sin))
    rows, columns = np.median(np.sqrt(np.square(across.mean(0)) + np.square(up.mean(0))), 1).tolist()
    return rows, columns
