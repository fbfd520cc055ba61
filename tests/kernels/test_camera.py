"""What a camera's pixels see, against its naive twin; the transpose is that of the same matrix."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._kernels.camera import add_seen_by, seen_through
from tests.reference import camera as reference

MATRICES = {
    "shifted": [[0.5, 0.0, -0.3], [0.0, 0.5, 1.2]],
    "turned": [[0.43, -0.25, 2.1], [0.25, 0.43, -1.7]],
    "elsewhere": [[0.5, 0.0, 400.0], [0.0, 0.5, 0.0]],
    "coarser": [[1.7, 0.2, 0.0], [-0.1, 1.9, 0.5]],
}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize(("fine", "frame"), [((9, 14), (6, 5)), ((1, 1), (1, 1)), ((17, 3), (2, 11))], ids=str)
def test_like_its_twin(name: str, fine: tuple[int, int], frame: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    matrix = np.array([*MATRICES[name], [0, 0, 1]], float)
    response = np.linspace(1, 0.1, 14).astype(np.float32)
    scene, frames = (rng.normal(size=(2, *size)).astype(np.float32) for size in (fine, frame))
    weights = reference.seen_by(matrix, response, 8.0, fine, frame)
    assert weights.any() == (name != "elsewhere" and fine != (1, 1)) or fine == (1, 1)
    out = np.full((2, *frame), np.nan, np.float32)
    seen_through(scene, matrix, response, 8.0, out)
    np.testing.assert_allclose(out, np.einsum("ijkl,pkl->pij", weights, scene), rtol=1e-5, atol=1e-5)
    into = np.ones((2, *fine), np.float32)
    for first, last in ((0, fine[0] // 2), (fine[0] // 2, fine[0])):
        add_seen_by(frames, matrix, response, 8.0, first, last, into)
    np.testing.assert_allclose(into, 1 + np.einsum("ijkl,pij->pkl", weights, frames), rtol=1e-5, atol=1e-5)


def test_one_is_the_other_s_transpose() -> None:
    rng = np.random.default_rng(8)
    matrix = np.array([[0.4, -0.1, 0.3], [0.12, 0.35, -1.6], [0, 0, 1]])
    response = np.exp(-np.linspace(0, 2, 900)).astype(np.float32)
    scene, frame = rng.normal(size=(1, 60, 80)).astype(np.float32), rng.normal(size=(1, 24, 31)).astype(np.float32)
    seen, back = np.empty_like(frame), np.zeros_like(scene)
    seen_through(scene, matrix, response, 512.0, seen)
    add_seen_by(frame, matrix, response, 512.0, 0, 60, back)
    one, other = (float((a.astype(float) * b).sum()) for a, b in ((seen, frame), (scene, back)))
    assert abs(one) > 1
    assert one == pytest.approx(other, rel=1e-5)
