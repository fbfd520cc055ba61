"""What features propose has the same bits whatever the processor can do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from superpose._features.proposals import Proposing
from superpose._features.settings import FeatureSettings
from superpose._kernels import _native
from superpose.image import as_image
from superpose.transforms.family import family_named
from tests.test_bits import loops_of_numpy, x86_64


def answer() -> dict[str, Any]:
    """Return what this process proposes for a photograph and an affine view of it, and with which loops."""
    photograph = data.camera()[100:400, 80:420]
    rng = np.random.default_rng(2)
    aside = ndimage.affine_transform(photograph, [[1.2, 0.7], [-0.3, 2.1]], (-20, -60), order=1)
    images = [as_image(each + rng.integers(0, 5, each.shape), name) for each, name in ((photograph, "a"), (aside, "b"))]
    found = [
        [[each.votes, each.pose.tobytes().hex()] for each in stage]
        for stage in Proposing(*images, family_named("homography"), FeatureSettings(), 2).stages()
    ]
    return {"found": found, "level": _native.LEVEL, "loops": [name for name, on in loops_of_numpy().items() if on]}


def answered(**environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.features.test_bits"],
        cwd=Path(__file__).parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.slow
@x86_64
def test_any_processor_proposes_the_same() -> None:
    own = answered()
    assert all(stage and stage[0][0] > 20 for stage in own["found"])
    older = answered(SUPERPOSE_CPU="v2")
    assert older["level"] == "baseline" and older["found"] == own["found"]
    if not own["loops"]:
        pytest.skip("this processor knows none of NumPy's loops")
    plain = answered(NPY_DISABLE_CPU_FEATURES=" ".join(own["loops"]))
    assert plain["loops"] == [] and plain["found"] == own["found"]


if __name__ == "__main__":
    print(json.dumps(answer()))
