"""What all tests share: settings, photographs, real data where it is present."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.workers import worker_count, worker_settings

# Before anything imports matplotlib or NumPy.
os.environ["MPLBACKEND"] = "Agg"
os.environ.update(worker_settings(os.environ))

import numpy as np
import pytest
import skimage
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent

# The same examples on every run, no files, and no clock.
settings.register_profile(
    "superpose",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("superpose")


def find_shared_data() -> Path | None:
    """Return the folder of real images, or None where there is none.

    One that was named in SUPERPOSE_SHARED_DATA must exist: a slip of the pen may not skip tests.
    """
    named = os.environ.get("SUPERPOSE_SHARED_DATA")
    if named:
        if not Path(named).is_dir():
            raise pytest.UsageError(f"SUPERPOSE_SHARED_DATA={named} is no folder: unset it, or correct it")
        return Path(named).resolve()
    beside = HERE.parents[1] / "shared" / "data"
    return beside if beside.is_dir() else None


def pytest_xdist_auto_num_workers() -> int:
    return worker_count()


def pytest_report_header() -> str:
    found = find_shared_data()
    return f"real images: {found or 'absent, the tests that need them are skipped'}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images (see its README); skips where it is absent."""
    found = find_shared_data()
    if found is None:
        pytest.skip("real images are absent (../shared/data, or SUPERPOSE_SHARED_DATA)")
    return found


@pytest.fixture(scope="session")
def shared_file(shared_data: Path) -> Callable[[str], Path]:
    """Path of one real file by its name inside the folder: ``shared_file("plates/00998v.jpg")``."""

    def locate(name: str) -> Path:
        path = shared_data / name
        assert path.exists(), f"{name} is missing from the folder of real images"
        return path

    return locate


def read_only_photograph(name: str) -> NDArray[np.uint8]:
    """Return a photograph that ships inside scikit-image; nothing is downloaded or cached."""
    path = Path(skimage.__file__).parent / "data" / name
    image: NDArray[np.uint8] = skimage.io.imread(path)
    image.setflags(write=False)
    return image


def read_only_grey(colour: NDArray[np.uint8]) -> NDArray[np.float64]:
    grey: NDArray[np.float64] = skimage.color.rgb2gray(colour)
    grey.setflags(write=False)
    return grey


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """Colour, 512 x 512, uint8, read-only."""
    return read_only_photograph("astronaut.png")


@pytest.fixture(scope="session")
def astronaut_grey(astronaut: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Grey, 512 x 512, float64 in 0..1, read-only."""
    return read_only_grey(astronaut)


@pytest.fixture(scope="session")
def coffee() -> NDArray[np.uint8]:
    """Colour, 400 x 600, uint8, read-only."""
    return read_only_photograph("coffee.png")


@pytest.fixture(scope="session")
def coffee_grey(coffee: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Grey, 400 x 600, float64 in 0..1, read-only."""
    return read_only_grey(coffee)


@pytest.fixture(scope="session")
def chelsea() -> NDArray[np.uint8]:
    """Colour, 300 x 451, uint8, read-only."""
    return read_only_photograph("chelsea.png")


@pytest.fixture(scope="session")
def camera() -> NDArray[np.uint8]:
    """Grey, 512 x 512, uint8, read-only."""
    return read_only_photograph("camera.png")
