"""One turned and shifted pair, no number of which survives a swap of axes, signs or directions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose import MatrixTransform, Registration
from superpose.image import Grid, UserImage


@pytest.fixture(scope="session")
def moving() -> NDArray[np.float32]:
    """Smooth, so that interpolations differ little, and unlike any mirror image or turn of itself."""
    noise = np.random.default_rng(8).random((90, 130))
    return ndimage.gaussian_filter(noise, 3).astype(np.float32) * 10


@pytest.fixture(
    scope="session",
    params=[
        superpose.translation((7.25, -11.5)),
        superpose.rigid(0.4, (7.25, -11.5), (39.5, 49.5)),
        superpose.similarity(-2.6, 1.2, (17.25, -11.5), (39.5, 49.5)),
        superpose.affine([[0.9, 0.3], [-0.15, 1.05]], (7.25, 13.5), (39.5, 49.5)),
        superpose.homography([[0.9, 0.3, 0], [-0.15, 1.05, 0], [3e-3, -2e-3, 1]], (7.25, 13.5), (39.5, 49.5)),
    ],
    ids=["translation", "rigid", "similarity", "affine", "homography"],
)
def transform(request: pytest.FixtureRequest) -> MatrixTransform:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def fixed_shape() -> tuple[int, int]:
    return (80, 100)


@pytest.fixture(scope="session")
def registration(moving: NDArray[np.float32], transform: MatrixTransform, fixed_shape: tuple[int, int]) -> Registration:
    return Registration(
        transform=transform,
        value=0.0,
        metric="mse",
        optimizer="none",
        levels=(),
        overlap=1.0,
        initial=transform,
        fixed_grid=Grid(fixed_shape),
        moving_grid=Grid(moving.shape),
        _moving=UserImage(moving),
    )
