"""``python tools/pictures.py [-o DIR] [NAME ...]``: make the README's pictures anew in docs/_static/front, all or some.

`report`, a screenshot, wants playwright and the system's Chromium; `volumes` wants nilearn, for its head.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from skimage import data, draw, transform

import superpose
from superpose.cli import _scenes

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "_static" / "front"
WIDTH, GAP, LINE = 960, 12, 22
GREY = (128, 128, 128, 255)  # read on white and on black
MAGENTA, GREEN = (1, 0, 1), (0, 1, 0)
Rgba = NDArray[np.uint8]
Floats = NDArray[np.float64]


def rgba(pixels: NDArray[Any], tint: tuple[int, int, int] = (1, 1, 1)) -> Rgba:
    """Return grey or colour intensities from 0 to 1 as bytes, transparent where they are NaN."""
    colour = pixels if pixels.ndim == 3 else pixels[..., None] * np.array(tint, float)
    known = np.isfinite(colour).all(-1)
    octets = np.rint(255 * np.clip(np.nan_to_num(colour), 0, 1)).astype(np.uint8)
    return np.dstack([octets, np.where(known, 255, 0).astype(np.uint8)])


def over(below: Rgba, above: Rgba) -> Rgba:
    """Return one picture on the other."""
    return np.asarray(Image.alpha_composite(Image.fromarray(below), Image.fromarray(above)))


def overlay(fixed: Floats, moving: Floats) -> Rgba:
    """Return fixed in magenta and moving in green: grey where they agree."""
    return rgba(np.nan_to_num(fixed)[..., None] * MAGENTA + np.nan_to_num(moving)[..., None] * GREEN)


def row(panels: list[tuple[Rgba, str]], width: int = WIDTH) -> Image.Image:
    """Return pictures beside each other, of one height, each above its words."""
    ratios = [picture.shape[1] / picture.shape[0] for picture, _ in panels]
    height = round((width - GAP * (len(panels) - 1)) / sum(ratios))
    words = max(words.count("\n") + 1 for _, words in panels)
    page = Image.new("RGBA", (width, height + 6 + LINE * words), (0, 0, 0, 0))
    pen, font, left = ImageDraw.Draw(page), ImageFont.load_default(17), 0
    for (picture, said), ratio in zip(panels, ratios, strict=True):
        size = round(height * ratio), height
        page.paste(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS), (left, 0))
        for number, words in enumerate(said.splitlines()):
            pen.text((left, height + 6 + LINE * number), words, fill=GREY, font=font)
        left += size[0] + GAP
    return page


def unit(image: NDArray[Any]) -> Floats:
    """Return an image from 0 to 1."""
    values = image.astype(float)
    return (values - np.nanmin(values)) / (np.nanmax(values) - np.nanmin(values))


def whole_and_part() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a grey photograph, and a part of it in colour, turned and magnified; transparent beyond its edge."""
    photograph = data.astronaut()
    whole = superpose.similarity(np.radians(112), 1.35, (0, 0), (200, 255.5)) @ superpose.translation((10, -30))
    into = superpose.translation((190 - 200, 240 - 255.5)) @ whole
    seen = transform.warp(photograph, into.inverse().as_skimage(), order=3, output_shape=(380, 480), cval=np.nan)
    return np.rint(photograph.mean(-1)).astype(np.uint8), rgba(seen)


def before_after() -> Image.Image:
    """Lay a part of a photograph, turned and magnified, on the whole."""
    fixed, moving = whole_and_part()
    result = superpose.register(fixed, moving, transform="similarity")
    assert result.reliable, result.describe()
    laid = over(rgba(0.35 + 0.5 * unit(fixed)), result.warp())
    rows, columns = moving.shape[:2]
    frame = np.array([[0, 0], [0, columns - 1], [rows - 1, columns - 1], [rows - 1, 0]])
    corners = [tuple(each[::-1]) for each in result.to_fixed(frame)]
    page = Image.fromarray(laid)
    ImageDraw.Draw(page).polygon(corners, outline=(255, 255, 255, 255), width=3)
    return row([(rgba(unit(fixed)), "fixed"), (moving, "moving"), (np.asarray(page), "moving on fixed")])


def modalities() -> Image.Image:
    """Lay a depth map on a photograph."""
    scene = _scenes.motorcycle_and_depth(140)
    result = superpose.register(scene.fixed, scene.moving)
    assert result.reliable, result.describe()
    low, high = np.nanpercentile(scene.moving, (1, 99))

    def coloured(near: NDArray[Any], opacity: float = 1.0) -> Rgba:
        share = np.clip((near - low) / (high - low), 0, 1)[..., None]
        colours = rgba((1 - share) * (0.10, 0.12, 0.50) + share * (1.0, 0.85, 0.2))
        colours[..., 3] = np.rint(opacity * colours[..., 3])
        return colours

    photograph = rgba(unit(scene.fixed))
    laid = over(photograph, coloured(result.warp(), 0.6))
    return row([(photograph, "a photograph"), (coloured(scene.moving), "a depth map"), (laid, "one on the other")])


def plate() -> Image.Image:
    """Restore a glass plate."""
    scan = _scenes.church_window()
    found = superpose.colorize(scan)
    as_cut = np.stack([found.exposures[name][found.crop] for name in found.channels], -1)
    pages = [(rgba(scan / 255), "the plate"), (rgba(as_cut / 255), "as cut"), (rgba(found.image / 255), "restored")]
    return row(pages, 780)


def wheel(teeth: int, turned: float, at: tuple[int, int]) -> Floats:
    """Return a wheel with teeth."""
    around = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    radius = 150 + 22 * np.clip(3 * np.cos(teeth * around), -1, 1)
    shape = draw.polygon2mask(
        (440, 440),
        np.array(at) + np.stack([radius * np.sin(around - turned), radius * np.cos(around - turned)], -1),
    ).astype(float)
    rows, columns = np.indices(shape.shape) - np.reshape(at, (2, 1, 1))
    shape[np.hypot(rows, columns) < 50] = 0
    small = transform.resize(shape, (220, 220), anti_aliasing=True)
    return np.asarray(0.15 + 0.7 * small + np.random.default_rng(int(1e3 * turned)).normal(0, 0.02, small.shape))


def ambiguity() -> Image.Image:
    """Lay a wheel of seven teeth on itself: it fits in seven ways."""
    fixed, moving = wheel(7, 0.0, (220, 220)), wheel(7, np.radians(20), (245, 205))
    result = superpose.register(fixed, moving, on_unreliable="ignore")
    assert not result.reliable and len(result.basins) > 1, result.describe()
    panels = [(rgba(fixed), "fixed"), (rgba(moving), "moving")]
    for number, basin in enumerate(result.basins[:2], 1):
        warped = result.at(basin).warp()
        degrees = np.degrees(basin.transform.angle)
        panels.append((overlay(fixed, warped), f"answer {number}: turned by {degrees:.0f}°"))
    return row(panels)


def trust() -> Image.Image:
    """Ask of a pair that belongs together, and of one that does not, whether it can be relied on."""
    camera = unit(data.camera()[::2, ::2])
    rng = np.random.default_rng(4)
    turned = transform.rotate(camera, 25, cval=np.nan) + rng.normal(0, 0.15, camera.shape)
    coins = unit(data.coins()[20:276, 60:316])
    panels = []
    for name, moving in (("the same scene, noisy", turned), ("another scene", coins)):
        result = superpose.register(camera, moving, on_unreliable="ignore")
        verdict = "reliable" if result.reliable else "not reliable"
        panels += [(rgba(np.clip(moving, 0, 1)), name), (overlay(camera, result.warp()), "")]
        panels[-1] = (panels[-1][0], f"{verdict}:\nconfidence {result.confidence:.3f}")
    return row(panels)


def volumes() -> Image.Image:
    """Lay two scans of one head on each other, of two contrasts: three planes through the middle, before and after."""
    from benchmarks.volumes import heads
    from superpose._report.volumes import cuts_of, evenly

    pair = heads.pair(11, spacing=2.0, modalities=2)
    fixed = superpose.Image(pair.fixed, pair.fixed_spacing, pair.fixed_origin, unit="mm")
    moving = superpose.Image(pair.moving, pair.moving_spacing, pair.moving_origin, unit="mm")
    result = superpose.register(fixed, moving)
    assert result.reliable and pair.error(result.transform.matrix) < 0.5, result.describe()
    seen = cuts_of(result, 128, 0.6)
    assert seen is not None
    axial, coronal, sagittal = (
        overlay(*(evenly(each[axis], seen.cuts[axis]) for each in (seen.fixed, seen.after))) for axis in range(3)
    )
    scans = [(rgba(np.nan_to_num(evenly(each[1], seen.cuts[1]))), "") for each in (seen.fixed, seen.before)]
    return row(
        [
            (scans[0][0], "a T1 scan"),
            (scans[1][0], "another contrast"),
            (axial, "one on the other"),
            (coronal, ""),
            (sagittal, ""),
        ]
    )


def series() -> Image.Image:
    """Lay the dim frames of a series that drifts on each other."""
    rng = np.random.default_rng(3)
    retina = unit(transform.downscale_local_mean(data.retina()[250:1090, 620:1280, 1], (2, 2)))
    moved = np.cumsum(rng.normal(0, 1.2, (60, 2)), axis=0)
    scenes = [ndimage.shift(retina, each, order=3)[60:316, 37:293] for each in moved]
    frames = rng.poisson(12 * np.maximum(scenes, 0.02)).astype(np.uint16)
    found = superpose.stack(frames, combine="mean")
    assert all(each.used for each in found.table), found
    assert found.image is not None
    low, high = np.nanpercentile(found.image, (0.5, 99.5))
    means = [np.clip((each - low) / (high - low), 0, 1) for each in (frames.mean(0), found.image)]
    return row(
        [
            (rgba(np.clip(frames[0] / 14, 0, 1)), "one of 60 frames, 12 photons"),
            (rgba(means[0]), "their mean, as they came"),
            (rgba(means[1]), "on each other"),
        ],
        740,
    )


def report() -> Image.Image:
    """Show the demo's report in a browser."""
    from playwright.sync_api import sync_playwright

    scene = _scenes.turned_astronaut(50, 1e-3)
    result = superpose.register(scene.fixed, scene.moving)
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        page, picture = Path(name) / "report.html", Path(name) / "report.png"
        result.report(page, title="astronaut-moving.png on astronaut-fixed.png")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        tab = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light")
        tab.goto(page.as_uri())
        tab.wait_for_selector("#canvas[data-pose='0']")
        tab.screenshot(path=picture)
        browser.close()
        return Image.open(picture).convert("RGB").resize((WIDTH, 645), Image.Resampling.LANCZOS)


PICTURES: dict[str, Callable[[], Image.Image]] = {
    "before-after": before_after,
    "report": report,
    "modalities": modalities,
    "plate": plate,
    "volumes": volumes,
    "series": series,
    "ambiguity": ambiguity,
    "trust": trust,
}


def main(arguments: list[str]) -> int:
    """Write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PICTURES))
    parser.add_argument("-o", "--output", type=Path, default=FOLDER)
    chosen = parser.parse_args(arguments)
    chosen.output.mkdir(parents=True, exist_ok=True)
    for name in chosen.names or PICTURES:
        PICTURES[name]().save(chosen.output / f"{name}.webp", quality=80, method=6)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
