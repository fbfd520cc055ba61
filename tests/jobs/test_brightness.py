"""A scene of which a part changes its brightness from frame to frame."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from scipy import fft

import superpose
from superpose._jobs import latent

Floats = NDArray[np.float64]


def flickering(times: float, frames: int = 24, photons: float = 20.0) -> tuple[NDArray[np.uint16], Floats]:
    """Return counts of a scene that is shaken, a part of which shines up to so many times as bright, and its shifts."""
    rng = np.random.default_rng(4)
    light = photons * (0.1 + skimage.data.camera()[60:280, 120:340] / 255.0)
    rows, columns = np.indices(light.shape)
    region = ((rows - 70) / 40) ** 2 + ((columns - 120) / 36) ** 2 < 1
    moved = rng.uniform(-2, 2, (frames, 2))
    down, right = np.fft.fftfreq(len(light))[:, None], np.fft.rfftfreq(len(light))
    out = []
    for number, (row, column) in enumerate(moved):
        bright = 1 + (times - 1) * max(0.0, np.sin(number / 3)) ** 2
        waves = fft.rfft2(np.where(region, bright, 1.0) * light) * np.exp(-2j * np.pi * (down * row + right * column))
        out.append(rng.poisson(np.maximum(fft.irfft2(waves, light.shape)[14:-14, 14:-14], 0)))
    return np.array(out, np.uint16), moved


def off(found: superpose.StackResult, moved: Floats) -> Floats:
    shifts = np.array([each.matrix[:2, 2] for each in found.transforms if each is not None])
    away = shifts - moved
    return np.asarray(away - away.mean(0))


@pytest.mark.slow
def test_what_changes_its_brightness_does_not_draw_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, moved = flickering(3.0)
    found = superpose.stack(frames)
    sigma = np.array([each.sigma for each in found.table])
    away = off(found, moved)
    assert np.sqrt(np.square(away).mean()) < 0.02
    assert np.sqrt((np.square(away) / np.square(sigma)[:, None]).mean()) < 1.3
    monkeypatch.setattr(latent, "steadiness", lambda *_: None)
    assert np.sqrt(np.square(off(superpose.stack(frames), moved)).mean()) > 0.04


def test_a_scene_that_does_not_change_counts_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, _ = flickering(1.0, 12)
    found = superpose.stack(frames)
    monkeypatch.setattr(latent, "steadiness", lambda *_: None)
    assert superpose.stack(frames).transforms == found.transforms
