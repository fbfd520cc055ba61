"""Where shifted frames lie, and whether that can be trusted: rims of the sensor's, scenes that repeat themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.frames import Checked
from superpose._jobs.placing import Found, by_shifts, samples_of
from superpose._jobs.repeats import repeats_by
from superpose._jobs.running import Runner
from superpose._jobs.sensor_rims import SensorRim, sensor_rim
from superpose._jobs.settings import StackSettings
from superpose.errors import text
from superpose.transforms.family import Family

Floats = NDArray[np.float64]


def by_trusted_shifts(
    checked: Checked,
    family: Family,
    root: int | None,
    chained: bool,
    settings: StackSettings,
    run: Runner,
    refine: Callable[[], None],
) -> Found:
    """Return where frames lie by what no rim of the sensor's outweighs; none where their scene repeats itself."""
    usable = checked.usable
    rim = sensor_rim(checked.grey, samples_of(usable, settings), settings.rims)
    looked_at = checked if rim is None else checked.inside(rim.window)
    found = by_shifts(looked_at, family, root, chained, settings, run, refine)
    if rim is not None:
        if _is_of_scene(rim, checked, found, settings):
            looked_at, found = checked, by_shifts(checked, family, root, chained, settings, run, refine)
        elif found.poses:
            found.said.append(text("sensor-rim", argument="frames", value=f"{100 * rim.part:.2g} %"))
    if len(found.poses) > 1:
        by = repeats_by(looked_at.grey, found.poses, settings.repeats, settings.neighbours, run.threads)
        if by is not None:
            down, right = by.round().astype(int).tolist()
            why = f"the scene repeats itself: it looks the same {down} rows and {right} columns further on"
            return Found({}, why=dict.fromkeys(usable, why))
    return found


def _is_of_scene(rim: SensorRim, checked: Checked, found: Found, settings: StackSettings) -> bool:
    """Whether what looks like a rim may as well be the scene's own."""
    shifts = {number: pose[:2, 2] for number, pose in found.poses.items()}
    if len(shifts) < 2:
        return True
    places = np.array(list(shifts.values()))
    if float(np.ptp(places, axis=0).max()) <= settings.rims.moved:
        return True
    return rim.goes_along(checked.grey, {k: shifts[k] for k in samples_of(list(shifts), settings)}, settings.rims)
