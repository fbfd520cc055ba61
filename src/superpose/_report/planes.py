"""What the page's viewer of volumes shows: both as bytes, and where moving's lie under each transform."""

from __future__ import annotations

from typing import Any

import numpy as np

from superpose._report.cubes import codes_of, shrunk_evenly, tiled, upright, upright_axes
from superpose._report.mixtures import full_colour_at, matched_difference
from superpose._report.pictures import Floats, Screen, View, as_uri, correlation, limits
from superpose._report.places import elsewhere
from superpose._report.settings import PictureSettings
from superpose._report.viewer import by
from superpose.grid import AXES, Grid
from superpose.image import Raster
from superpose.result import Registration
from superpose.transforms.base import Transform
from superpose.transforms.geometry import about
from superpose.transforms.matrix import MatrixTransform, matrix_transform

# Where a header says which way a body lies: what the ends of the upright axes are nearer to, and what lies across them.
LETTERS = [["I", "S"], ["A", "P"], ["R", "L"]]
SECTIONS = ("axial", "coronal", "sagittal")


def planes_of(registration: Registration, settings: PictureSettings) -> dict[str, Any] | None:
    """Return the two volumes for the page; None where there are none."""
    images = registration._images()
    if images is None:
        return None
    screen = screen_of_volumes(images[0].image, images[1].image, settings.volume_side)
    answer = matrix_transform(registration.transform)
    screen = screen.alike(answer, settings.same_intensities)
    fixed, moving = screen.fixed_picture, (screen.moving.shown - screen.range[0]) / (screen.range[1] - screen.range[0])
    after = screen.under(answer)
    flat, flat_after = (each.reshape(-1, each.shape[-1]) for each in (fixed, after))
    same = abs(correlation(fixed, after)) >= settings.same_intensities
    difference = matched_difference(flat, flat_after)
    gain, offset = _line(flat_after, flat, difference)
    full = full_colour_at(flat, difference, settings.noises, settings.least_contrast)
    name, start = start_of(registration)
    poses = [("the answer", answer), (name, start)]
    poses += [(f"basin {k}", each.transform) for k, each in elsewhere(registration)]
    grid, own = screen.grid, registration.fixed_grid
    views = {
        "blend": "Blend", "fixed": "Fixed", "moving": "Moving", "checkerboard": "Checkerboard", "anaglyph": "Red-cyan",
        "edges": "Edges", "difference": "Difference",
    }  # fmt: skip
    tile = float(f"{max(grid.shape * np.array(grid.spacing)) / 60:.1g}")
    return {
        "axes": _axes(own, grid),
        "fixed": _packed(fixed, grid),
        "moving": _packed(moving, screen.moving.grey.grid),
        "to_physical": grid.index_to_physical.tolist(),
        "to_users": (own.physical_to_index @ grid.index_to_physical).tolist(),
        "poses": [_pose(name, each, screen) for name, each in poses],
        "unit": registration.unit,
        "letters": LETTERS if own.anatomical else None,
        "views": [[key, words] for key, words in views.items() if same or key != "difference"],
        "same": bool(same),
        "match": {"gain": gain, "offset": 255 * offset},
        "full_colour": int(np.clip(np.ceil(100 * full), 1, 100)),
        "tile": {"least": tile, "most": 30 * tile, "value": 6 * tile},
        "note": _note(registration, screen),
    }


def screen_of_volumes(fixed: Raster, moving: Raster, longest: int) -> Screen:
    """Return two volumes small enough for a page, fixed along upright axes."""
    small = [View(shrunk_evenly(each, longest)) for each in (upright(fixed), moving)]
    return Screen(small[0], small[1], limits(small[1].shown))


def start_of(registration: Registration) -> tuple[str, MatrixTransform]:
    """Return where moving lies before it is moved, and what that is called: by the grids, or middle on middle.

    Where grids say nothing that brings the two together, as between scans of two machines, middles are laid on each
    other.
    """
    fixed, moving = registration.fixed_grid, registration.moving_grid
    if moving.contains(fixed.centre) and fixed.contains(moving.centre):
        return "as it came", MatrixTransform(np.eye(4), "translation")
    shift = about(np.eye(3), moving.centre - fixed.centre, fixed.centre)
    return "middle on middle", MatrixTransform(shift, "translation")


def _axes(own: Grid, shown: Grid) -> list[dict[str, Any]]:
    """Return of each axis that the page cuts across: whose it is of the user's array, and how long it is."""
    along, _ = upright_axes(own)
    axes = []
    for k, index in enumerate(along):
        name = AXES[index]
        axes.append(
            {
                "name": name,
                "title": SECTIONS[k] if own.anatomical else f"across {name}s",
                "index": index,
                "count": own.shape[index],
                "size": shown.shape[k],
            }
        )
    return axes


def _packed(values: Floats, grid: Grid) -> dict[str, Any]:
    octets, tiles = tiled(codes_of(values))
    return {"picture": as_uri(octets), "tiles": tiles, "shape": list(grid.shape), "spacing": list(grid.spacing)}


def _pose(name: str, transform: Transform, screen: Screen) -> dict[str, Any]:
    """Return a transform between physical points, and between the voxels that are shown."""
    physical = matrix_transform(transform).matrix
    shown = screen.moving.grey.grid.physical_to_index @ physical @ screen.grid.index_to_physical
    return {"name": name, "matrix": shown.tolist(), "physical": physical.tolist()}


def _line(moving: Floats, fixed: Floats, difference: Floats) -> tuple[float, float]:
    """Return the gain and offset that `matched_difference` brings moving nearest to fixed by."""
    known = np.isfinite(difference)
    if np.count_nonzero(known) < 2 or np.ptp(moving[known]) == 0:
        return 1.0, 0.0
    gain, offset = np.polyfit(moving[known], (difference + fixed)[known], 1)
    return float(gain), float(offset)


def _note(registration: Registration, screen: Screen) -> str:
    full, moving = registration.fixed_grid, registration.moving_grid
    smaller = (
        ""
        if sorted(screen.grid.shape) == sorted(full.shape)
        else f" They are shown smaller, fixed as {by(screen.grid.shape)} voxels; numbers are those of the full volumes."
    )
    matched = " Moving has the intensities of fixed that its own go with." if screen.matched else ""
    return (
        f"Fixed has {by(full.shape)} voxels of {sides_of(full, registration.unit)}, moving {by(moving.shape)} of "
        f"{sides_of(moving, registration.unit)}.{smaller} The darkest and brightest half percent are clipped; hatched "
        f"is where there is no data, or a mask leaves it out. Points are in axis order.{matched}"
    )


def sides_of(grid: Grid, unit: str) -> str:
    """Return how large a grid's voxels are, in words."""
    return f"{' × '.join(f'{each:.4g}' for each in grid.spacing)} {unit}"
