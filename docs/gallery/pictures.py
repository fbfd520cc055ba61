"""What the gallery's pages share: scenes seen through a transform, and rows of pictures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from skimage import transform

import superpose

Floats = NDArray[np.float64]
HEIGHT, WORDS, GAP, WIDTH = 300, 38, 8, 1000


class Row:
    """Pictures beside each other, which a notebook shows."""

    def __init__(self, page: Image.Image) -> None:
        self.page = page

    def _repr_jpeg_(self) -> bytes:
        octets = io.BytesIO()
        self.page.save(octets, "JPEG", quality=85)
        return octets.getvalue()


def show(**pictures: NDArray[Any]) -> Row:
    """Return pictures beside each other, each above its name; what is missing is hatched. The last is the thumbnail."""
    ratios = [picture.shape[1] / picture.shape[0] for picture in pictures.values()]
    height = min(HEIGHT, int((WIDTH - GAP * (len(ratios) - 1)) / sum(ratios)))
    widths = [round(height * ratio) for ratio in ratios]
    page = Image.new("RGB", (sum(widths) + GAP * (len(widths) - 1), height + WORDS), "white")
    pen, font, left = ImageDraw.Draw(page), ImageFont.load_default(22), 0
    for (name, picture), width in zip(pictures.items(), widths, strict=True):
        page.paste(octets(picture).resize((width, height), Image.Resampling.LANCZOS), (left, 0))
        pen.text((left, height + 5), name.replace("_", " "), fill=(60, 60, 60), font=font)
        left += width + GAP
    return Row(page)


def octets(picture: NDArray[Any]) -> Image.Image:
    """Return intensities from 0 to 1, or 0 to 255 where they are integers, as a picture."""
    values = picture / 255 if picture.dtype == np.uint8 else np.asarray(picture, float)
    colour = values if values.ndim == 3 else np.repeat(values[..., None], 3, -1)
    known = np.isfinite(colour).all(-1, keepdims=True)
    rows, columns = np.indices(colour.shape[:2])
    hatched = np.where((rows + columns) // 5 % 2, 0.9, 0.8)[..., None]
    return Image.fromarray(np.rint(255 * np.clip(np.where(known, colour, hatched), 0, 1)).astype(np.uint8))


def unit(image: NDArray[Any]) -> Floats:
    """Return an image from 0 to 1, but for a thousandth of its pixels at either end."""
    low, high = np.nanpercentile(image, (0.1, 99.9))
    return np.asarray((image - low) / (high - low), float)


def both(fixed: NDArray[Any], moving: NDArray[Any]) -> Floats:
    """Return fixed in magenta and moving in green: grey where they agree."""
    return np.stack([np.nan_to_num(each) for each in (fixed, moving, fixed)], -1)


def seen(image: Floats, truth: superpose.MatrixTransform, shape: tuple[int, ...] | None = None) -> Floats:
    """Return the moving image that shows at ``truth(x)`` what `image` shows at ``x``; NaN where that is not known."""
    return np.asarray(transform.warp(image, truth.inverse().as_skimage(), order=3, cval=np.nan, output_shape=shape))


def off(result: superpose.Registration, truth: superpose.MatrixTransform) -> float:
    """Return how far from the truth a result is, at the worst corner of fixed, in pixels."""
    return float(result.transform.distance(truth, result.fixed_grid.corners))


def off_series(result: superpose.StackResult, truth: Floats) -> float:
    """Return how far from the truth the frames of a series are, root mean square, but for what all have in common."""
    motions = np.array([each.motion for each in result.table])
    apart = (motions - truth)[[each.used for each in result.table]]
    return float(np.sqrt(np.square(apart - apart.mean(0)).mean()))


def off_average(
    result: superpose.AverageResult | superpose.SuperResolved, poses: list[superpose.MatrixTransform]
) -> float:
    """Return how far from the truth images lie on each other, root mean square, but for what all have in common.

    Half way from the middle to the corners; `poses` lead from points of each image to where all show the same.
    """
    points = (result.grid.corners + result.grid.centre) / 2
    pairs = zip(poses, result.transforms, strict=True)
    back = np.array([pose(transform(points)) for pose, transform in pairs if transform is not None])
    return float(np.sqrt(np.square(back - back.mean(0)).sum(-1).mean()))


def off_plate(result: superpose.Plate, truths: dict[str, Any]) -> float:
    """Return how far from the truth a plate's exposures are laid, at the worst of 81 points of the picture."""
    points = np.stack(
        np.meshgrid(*[np.linspace(each.start, each.stop - 1, 9) for each in result.crop], indexing="ij"), -1
    )
    worst = 0.0
    for name, each in result.registrations.items():
        shifts = result.local_shifts.get(name)
        away = each.transform(points + shifts(points) if shifts else points) - truths[name](points)
        worst = max(worst, float(np.sqrt(np.square(away).sum(-1)).max()))
    return worst


def off_mosaic(result: superpose.MosaicResult, truths: list[Any], shape: tuple[int, int]) -> float:
    """Return how far from where it is one image is laid on another, root mean square over pairs and what both show.

    `truths` lead from points of one scene to points of each image.
    """
    points = np.stack(np.meshgrid(*[np.linspace(0, n - 1, 9) for n in shape], indexing="ij"), -1).reshape(-1, 2)
    gaps = []
    for link in result.links:
        if link.used:
            ours, true = (each[link.second](each[link.first].inverse()(points)) for each in (result.transforms, truths))
            inside = ((true >= 0) & (true <= np.array(shape) - 1)).all(-1)
            gaps.append((ours - true)[inside])
    return float(np.sqrt(np.square(np.concatenate(gaps)).sum(-1).mean()))


def country(side: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """Return drawn land: the number of each pixel's field, the river, the roads, and the ground's grain."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((side, side)) / side
    corners = rng.random((90, 2))
    bent = [grid + 0.02 * ndimage.gaussian_filter(rng.normal(0, 12, (side, side)), 12) for grid in (rows, columns)]
    fields = np.argmin([(bent[0] - row) ** 2 + (bent[1] - column) ** 2 for row, column in corners], axis=0)
    river = np.abs(columns - 0.62 - 0.12 * np.sin(6 * rows + 1) + 0.1 * rows) < 0.022
    roads = (np.abs(rows - 0.3 - 0.35 * columns) < 0.005) | (np.abs(columns - 0.22 - 0.2 * rows) < 0.005)
    grain = ndimage.gaussian_filter(rng.normal(0, 1, (side, side)), 1.5)
    return fields, river, roads & ~river, grain / grain.std()
