"""What a translation of a turned volume says of its corners."""

from __future__ import annotations

import numpy as np
import pytest

import superpose
from tests.volumes.phantom import pose, volume


@pytest.mark.parametrize("degrees", [0.0, 3.5])
def test_a_translation_of_a_turned_volume_is_refused_by_what_its_corners_are_off(degrees: float) -> None:
    """The phantom lies in the middle, where a turn moves it by less than the tolerance."""
    truth = pose((0.8 * degrees, -0.5 * degrees, 0.33 * degrees), (3.0, -2.0, 1.0))
    fixed, moving = volume(), volume(truth, scan=1)
    found = superpose.register(fixed, moving, transform="translation", on_unreliable="ignore")
    gaps = found.transform(fixed.grid.corners) - (fixed.grid.corners @ truth[:3, :3].T + truth[:3, 3])
    off = float(np.sqrt(np.square(gaps).sum(1).mean()))
    assert found.reliable == (degrees == 0)
    if degrees:
        said = "no translation transform fits all over: turned to what fits best, fixed's corners lie 3.1 units off"
        assert any(said in each for each in found.warnings)
    assert found.misfit == pytest.approx(off, abs=0.05 + 0.15 * off)
