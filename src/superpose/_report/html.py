"""A registration as a small piece of HTML, for notebooks."""

from __future__ import annotations

import base64
from html import escape
from io import BytesIO

import numpy as np
from PIL import Image as Pillow

from superpose._report.mixtures import overlay
from superpose._report.pictures import Floats, pair_of
from superpose._report.settings import DEFAULTS, PictureSettings
from superpose._report.volumes import cuts_of, evenly
from superpose.errors import is_note
from superpose.result import Registration
from superpose.transforms.base import Transform
from superpose.transforms.matrix import MatrixTransform


def compact(registration: Registration, settings: PictureSettings = DEFAULTS[2].pictures) -> str:
    """Return what a notebook shows of a registration: sentence, numbers, levels, warnings, and a picture.

    Everything that comes from outside (names, warnings) is escaped; the picture is inside the text.
    """
    parts = [
        f"<p><b>{escape(registration.describe())}</b></p>",
        f"<p>{escape(registration.metric)} {registration.value:.6g} · "
        f"overlap {100 * registration.overlap:.0f} % · "
        f"{escape(_kind(registration.transform))} · {escape(registration.optimizer)}</p>",
        *([f"<p>{escape(registration.trust)}</p>"] if registration.trust else []),
        *map(_warning, registration.warnings),
        _picture(registration, settings),
        _levels(registration),
    ]
    return f'<div class="superpose-registration">{"".join(parts)}</div>'


def _warning(said: str) -> str:
    return f"<p>ℹ {escape(said)}</p>" if is_note(said) else f'<p style="color: #a33c00">⚠ {escape(said)}</p>'


def _kind(transform: Transform) -> str:
    return transform.family if isinstance(transform, MatrixTransform) else type(transform).__name__


def _levels(registration: Registration) -> str:
    style = "padding: 0 1em 0 0; text-align: right"
    head = "".join(f'<th style="{style}">{name}</th>' for name in ("level", "value", "evaluations", "seconds"))
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="{style}">{cell}</td>'
            for cell in (
                " × ".join(map(str, level.shape)),
                f"{level.value:.6g}",
                level.evaluations,
                f"{level.seconds:.2f}",
            )
        )
        + "</tr>"
        for level in registration.levels
    )
    table = f"<table><tr>{head}</tr>{rows}</table>"
    count = len(registration.levels)
    return f"<details><summary>{count} level{'s' * (count != 1)}</summary>{table}</details>"


def _picture(registration: Registration, settings: PictureSettings) -> str:
    title = "before and after: fixed magenta, moving green, grey where they agree"
    if registration.fixed_grid.ndim == 3:
        both = _of_volumes(registration, settings)
        title = f"three planes, above {title}"
    else:
        pair = pair_of(registration, settings.notebook_side, settings.same_intensities)
        both = None
        if pair is not None:
            gap = np.ones((pair.fixed.shape[0], 6, 3))
            both = np.hstack([overlay(pair.fixed, pair.before), gap, overlay(pair.fixed, pair.after)])
    if both is None:
        return ""
    data = base64.b64encode(_png(both)).decode("ascii")
    return f'<p><img alt="{title}" title="{title}" src="data:image/png;base64,{data}"></p>'


def _of_volumes(registration: Registration, settings: PictureSettings) -> Floats | None:
    """Return three planes before and, below, after, voxels as high as they are wide; None without images."""
    seen = cuts_of(registration, settings.notebook_side // 3, settings.same_intensities)
    if seen is None:
        return None
    rows = []
    for moving in (seen.before, seen.after):
        planes = [evenly(overlay(a, b), cut) for a, b, cut in zip(seen.fixed, moving, seen.cuts, strict=True)]
        high = max(len(each) for each in planes)
        planes = [np.pad(each, ((0, high - len(each)), (0, 6), (0, 0)), constant_values=1.0) for each in planes]
        rows += [np.hstack(planes), np.ones((6, sum(each.shape[1] for each in planes), 3))]
    return np.vstack(rows)


def _png(picture: Floats) -> bytes:
    # Where there is no data it is of a light grey that no overlay makes.
    values = np.rint(255 * np.clip(np.nan_to_num(picture, nan=0.85), 0, 1)).astype(np.uint8)
    buffer = BytesIO()
    # A palette keeps it small: notebooks store every picture they have shown.
    Pillow.fromarray(values).quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
