"""Compressions of TIFF: with the package imagecodecs, if it is there (test_images.py says what goes without)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from superpose._io.images import read_image

RNG = np.random.default_rng(3)
COLOURS = {2: "minisblack", 3: "rgb"}
EXACT = ["lzw", "zstd", "zlib", "packbits", "lerc", "jpegxl", "png"]


def picture(dtype: str, shape: tuple[int, ...]) -> Any:
    smooth = np.add.outer(np.arange(40), np.arange(48) * 2)
    values = smooth[(...,) + (None,) * (len(shape) - 2)] + RNG.integers(0, 9, shape)
    return values.astype(dtype)


@pytest.mark.parametrize("compression", EXACT)
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("shape", [(40, 48), (40, 48, 3)])
@pytest.mark.parametrize("predictor", [False, True])
def test_with_imagecodecs(
    tmp_path: Path, compression: str, dtype: str, shape: tuple[int, ...], predictor: bool
) -> None:
    pytest.importorskip("imagecodecs", reason="superpose[codecs] is not installed")
    if compression == "png" and dtype == "f4":
        pytest.skip("PNG holds no floats")
    pixels, options = picture(dtype, shape), {"predictor": True} if predictor else {}
    if predictor and compression not in ("lzw", "zstd", "zlib"):
        pytest.skip("no predictor there")
    tifffile.imwrite(tmp_path / "a.tif", pixels, compression=compression, photometric=COLOURS[len(shape)], **options)
    read = read_image(tmp_path / "a.tif", "fixed")
    assert read.dtype == pixels.dtype
    np.testing.assert_allclose(read, pixels, atol=1e-3 if dtype == "f4" else 0)


@pytest.mark.parametrize("shape", [(40, 48), (40, 48, 3)])
def test_jpeg_with_imagecodecs(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pytest.importorskip("imagecodecs", reason="superpose[codecs] is not installed")
    pixels = picture("u1", shape)
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, compression="jpeg", compressionargs={"level": 95}, photometric=COLOURS[len(shape)]
    )
    assert np.abs(read_image(tmp_path / "a.tif", "fixed").astype(int) - pixels).mean() < 6
