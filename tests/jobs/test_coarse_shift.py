from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._jobs.exposures import coarse_shift
from superpose.image import as_image

WHOLE = (slice(None), slice(None))


@pytest.mark.parametrize("shift", [(0, 0), (14, -30), (-58, 22)])
@pytest.mark.parametrize("contrast", ["same", "inverted", "folded"])
def test_any_shift_under_any_contrast(camera: NDArray[np.uint8], shift: tuple[int, int], contrast: str) -> None:
    curve = {"same": lambda v: v, "inverted": lambda v: 255 - v, "folded": lambda v: np.abs(v - 110)}[contrast]
    rows, columns = shift
    fixed = camera[100:400, 100:400].astype(float)
    moving = curve(camera[100 - rows : 400 - rows, 100 - columns : 400 - columns].astype(float))
    found = coarse_shift(as_image(fixed, "fixed"), as_image(moving, "moving"), WHOLE, WHOLE)
    assert np.abs(found - shift).max() <= 2  # the coarse level's pixel
