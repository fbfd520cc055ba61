"""Real pairs of several modalities (Li, Hu & Zhang 2023), where the shared data is present."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from imageio import v3 as iio
from skimage import color, transform

from benchmarks.cases import Case

KINDS = ("infrared", "map", "night", "sar", "depth", "optical")
FAMILY = {kind: "similarity" if kind in ("sar", "depth", "optical") else "rigid" for kind in KINDS}
KEPT = 0.75


def folder() -> Path | None:
    """Return the folder of the real pairs, or None where it is absent."""
    given = os.environ.get("SUPERPOSE_SHARED_DATA")
    root = Path(given) if given else Path(__file__).parents[2] / "shared" / "data"
    return root / "srif" if (root / "srif").is_dir() else None


def _grey(path: Path) -> np.ndarray:
    image = iio.imread(path).astype(float) / 255
    return color.rgb2gray(image[..., :3]) if image.ndim == 3 else image


def cases(kind: str, seed: int) -> list[Case]:
    """Return every pair of a kind, image 1 cropped off-centre at random to three quarters.

    The truth turns about the centre, which must not be where a search starts.
    """
    root = folder()
    if root is None:
        return []
    found = []
    for path in sorted((root / kind).glob("*.txt"), key=lambda p: int(p.stem)):
        first, second = (_grey(path.with_name(f"{path.stem}_{k}.jpg")) for k in (1, 2))
        if kind == "sar":
            first = transform.resize(first, (256, 256), order=1, anti_aliasing=True)
        swap = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
        truth = swap @ np.vstack([np.loadtxt(path).reshape(2, 3), [0, 0, 1]]) @ swap
        rng = np.random.default_rng([seed, int(path.stem)])
        size = (np.array(first.shape) * KEPT).astype(int)
        corner = [int(rng.integers(0, n - m + 1)) for n, m in zip(first.shape, size, strict=True)]
        offset = np.eye(3)
        offset[:2, 2] = corner
        crop = first[corner[0] : corner[0] + size[0], corner[1] : corner[1] + size[1]]
        found.append(Case(f"{kind}/{seed}/{path.stem}", crop, second, truth @ offset, FAMILY[kind], limit=5.0))
    return found
