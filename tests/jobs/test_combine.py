"""One image of many: in bounded memory, as free of noise as so many frames allow."""

from __future__ import annotations

import re
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._io import scratch
from superpose._jobs.combine import mean, median, sigma_clip
from superpose._jobs.frame_noise import medians, spreads
from superpose._jobs.settings import CombineSettings
from superpose.errors import InputError

Floats = NDArray[np.float64]


def field(count: int, noise: Floats, seed: int = 0) -> tuple[Floats, Floats]:
    """Return a field of stars, and frames of it with so much noise each, beside that of photons."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    sky = np.zeros((96, 110))
    sky[rng.integers(3, 93, 40), rng.integers(3, 107, 40)] = rng.uniform(0.1, 1, 40)
    sky = 100 + 8000 * gaussian_filter(sky, 1.5)
    shot = np.sqrt(np.maximum(sky - 100, 0))
    return sky, sky + rng.normal(0, np.hypot(noise[:, None, None], 0.2 * shot), (count, *sky.shape))


def with_rays_and_trails(frames: Floats, seed: int = 1) -> tuple[Floats, NDArray[np.bool_]]:
    rng, out = np.random.default_rng(seed), frames.copy()
    hits = rng.random(frames.shape) < 0.003
    out[hits] += rng.uniform(60, 4000, int(hits.sum()))
    for k in range(0, len(frames), 5):
        row = int(rng.integers(5, 90))
        out[k, row : row + 2] += 300
        hits[k, row : row + 2] = True
    return out, hits


@pytest.mark.parametrize("count", [4, 8, 16, 64])
def test_noise_falls_as_one_over_the_root_of_the_number_of_frames(count: int) -> None:
    sky, frames = field(count, np.full(count, 5.0))
    dark = sky < 110
    plain, clipped = mean(frames).image, sigma_clip(frames).image
    expected = 5 / np.sqrt(count)
    assert np.std((plain - sky)[dark]) == pytest.approx(expected, rel=0.05)
    assert np.std((clipped - sky)[dark]) == pytest.approx(expected, rel=0.05)
    # No star is dimmed.
    assert np.abs((clipped - plain)[sky > 200]).max() < 3 * 8 / np.sqrt(count)


@pytest.mark.parametrize("count", [5, 16, 64])
def test_cosmic_rays_and_trails_are_gone(count: int) -> None:
    sky, frames = field(count, np.full(count, 5.0))
    dirty, hits = with_rays_and_trails(frames)
    clipped = sigma_clip(dirty)
    assert np.std(clipped.image - sky) < (1.25 if count == 5 else 1.07) * np.std(mean(frames).image - sky)
    assert clipped.coverage.min() >= count // 2
    # Nearly all of what was left out is what came from elsewhere.
    assert (count - clipped.coverage).sum() < 1.5 * hits.sum() + 0.004 * frames.size


@pytest.mark.parametrize("count", [6, 24])
def test_frames_count_by_their_noise(count: int) -> None:
    noise = np.where(np.arange(count) % 3 == 0, 20.0, 5.0)
    sky, frames = field(count, noise)
    dark = sky < 110
    best = 1 / np.sqrt((1 / np.square(noise)).sum())
    found = np.std((sigma_clip(frames).image - sky)[dark])
    assert found == pytest.approx(best, rel=0.05)
    assert np.std((mean(frames).image - sky)[dark]) > 1.4 * best
    dirty, _ = with_rays_and_trails(frames)
    assert np.std((sigma_clip(dirty).image - sky)[dark]) < 1.15 * best


@pytest.mark.parametrize("elements", [1, 1000, 12345])
def test_bands_change_no_bit(elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _, frames = field(7, np.array([5.0, 5, 5, 20, 5, 5, 5]))
    frames[2, 5, 6] = np.nan
    frames[:, 7, 8] = np.nan
    frames = frames[:, :12, :31] if elements == 1 else frames
    settings = CombineSettings(elements=elements)
    for how in (median, sigma_clip):
        whole, banded = how(frames), how(frames, settings=settings)
        assert np.isnan(whole.image[7, 8]) and whole.coverage[7, 8] == 0
        np.testing.assert_array_equal(banded.image, whole.image)
        np.testing.assert_array_equal(banded.coverage, whole.coverage)


@pytest.mark.parametrize("how", [mean, median, sigma_clip])
def test_memory_does_not_grow_with_frames(how: object) -> None:
    most = []
    frame = np.random.default_rng(0).normal(size=(128, 160)).astype(np.float32)
    for count in (40, 160):
        frames: Iterator[NDArray[np.float32]] = (frame + np.float32(k % 7) for k in range(count))
        settings = {} if how is mean else {"settings": CombineSettings(elements=2**18)}
        tracemalloc.start()
        how(frames, **settings)  # type: ignore[operator]
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < 1.2 * most[0] < 40 * 2**18


def test_room_for_what_does_not_fit_is_asked_for_first() -> None:
    frames = (np.zeros((8, 8)) for _ in range(3))
    with pytest.raises(InputError, match=r"frames do not fit in memory, .*: it needs .* GB there"):
        median(frames, count=10**16)


def test_a_full_disk_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scratch.scratch_file()

    def full(_octets: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(made, "write", full)
    monkeypatch.setattr("superpose._jobs.banded.scratch_file", lambda *_: made)
    with pytest.raises(InputError, match="No space left on device"):
        median(np.zeros((2, 8, 8)))


def test_spreads_of_few_values_are_those_of_many() -> None:
    values = np.random.default_rng(3).normal(size=(40000, 12)).astype(np.float32)
    for count in (3, 4, 7, 12):
        some = values[:, :count]
        away = np.abs(some - medians(some)[:, None])
        assert spreads(away).mean() == pytest.approx(1, rel=0.04)
        away = np.hstack([away, np.full((len(away), 2), np.nan, np.float32)])
        assert spreads(away).mean() == pytest.approx(1, rel=0.04)


@pytest.mark.slow
@pytest.mark.long
def test_a_series_larger_than_the_memory_it_takes() -> None:
    call = [sys.executable, "-m", "benchmarks.stack_memory", "2000", "256", "median"]
    said = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    assert "2000 of 2000 frames" in said
    assert max(float(each) for each in re.findall(r": (\d+) MB", said)) < 1000
