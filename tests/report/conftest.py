"""A registration made by hand, and Debian's Chromium to look at its page with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import ndimage

import superpose

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SHAPE = (96, 132)
Open = Callable[..., "Page"]


@pytest.fixture(scope="session")
def made() -> superpose.Registration:
    """A registration with basins, levels and a hole in moving, whose pictures are as large as its images."""
    rng = np.random.default_rng(0)
    fixed = ndimage.gaussian_filter(rng.random(SHAPE), 2)
    moving = 3 - 2 * ndimage.gaussian_filter(rng.random((100, 120)), 2)
    moving[20:30, 40:60] = np.nan
    centre = (47.5, 65.5)
    answer = superpose.rigid(0.1, (3.0, -8.0), centre)
    poses = [superpose.rigid(0.1, (3.4, -8.0), centre), superpose.rigid(-0.4, (10.0, 5.0), centre)]
    poses.append(superpose.rigid(np.pi, (-6.0, 2.0), centre))
    basins = tuple(superpose.Basin(pose, score, 0.8) for pose, score in zip(poses, (0.5, 0.3, 0.2), strict=True))
    levels = tuple(
        superpose.Level(shape, pose.parameters, 0.1, 10, 0.25)
        for shape, pose in (((24, 33), poses[1]), ((48, 66), poses[0]), (SHAPE, answer))
    )
    return superpose.Registration(
        transform=answer,
        value=0.125,
        metric="ncc",
        optimizer="by hand",
        levels=levels,
        overlap=0.75,
        initial=superpose.translation((2.0, -6.0)),
        fixed_grid=superpose.Grid(SHAPE),
        moving_grid=superpose.Grid((100, 120)),
        warnings=("moving was made by hand",),
        versions={"superpose": "1.2.3"},
        ending="nobody looked",
        basins=basins,
    ).with_images(fixed, moving)


@pytest.fixture(scope="session")
def related(made: superpose.Registration) -> superpose.Registration:
    """The same with a moving image that shows fixed, inverted, so that there is a difference to be seen."""
    assert made._fixed is not None and made._moving is not None
    back = np.linalg.inv(made.transform.matrix)
    view = ndimage.affine_transform(made._fixed.array, back, output_shape=made.moving_grid.shape, mode="reflect")
    noise = np.random.default_rng(2).normal(0, 0.2 * view.std(), view.shape)
    return made.with_images(made._fixed.array, np.where(np.isnan(made._moving.array), np.nan, 3 - 2 * view + noise))


@pytest.fixture(scope="session")
def moved(made: superpose.Registration) -> superpose.Registration:
    """The same with two motions: the second basin's, and one that lies still and is no basin."""
    masks = np.zeros((2, *SHAPE), bool)
    masks[0, 10:60, 20:70], masks[1, 50:90, 60:120] = True, True
    still = superpose.Basin(superpose.rigid(0.0), 0.1, 1.0, share=0.125)
    other = replace(made.basins[1], share=0.5)
    explained = superpose.Explained(other, masks[0]), superpose.Explained(still, masks[1], on_sensor=True)
    return replace(made, basins=(made.basins[0], other, made.basins[2]), explained=explained)


@pytest.fixture(scope="session")
def scanned() -> superpose.Registration:
    """Two volumes that show one scene, by hand: fixed's axes run otherwise than space's, moving has a hole."""
    rng = np.random.default_rng(3)
    fixed_grid = superpose.Grid((18, 22, 30), (-12.0, 40.0, 3.0), (1.5, 2.0, 1.0), ((0, 0, 1), (0, -1, 0), (1, 0, 0)))
    scene = ndimage.gaussian_filter(rng.random(fixed_grid.shape), 1.5)
    scene[3:8, 4:10, 5:9] += 0.1
    moving_grid = superpose.Grid((34, 26, 20), (-14.0, -2.0, 1.0), (1.0, 1.75, 1.5))
    answer = superpose.rigid((0.05, -0.1, 0.2), (1.5, -2.5, 1.0), fixed_grid.centre)
    matrix, offset = answer.inverse().as_ndimage(moving_grid, fixed_grid)
    moving = 3 + 2 * ndimage.affine_transform(scene, matrix, offset, output_shape=moving_grid.shape, cval=0.5)
    moving[10:14, 8:12, 6:10] = np.nan
    moving[3:6, 3:7] = moving[np.isfinite(moving)].min()
    turned = superpose.rigid((0.0, np.pi, 0.0), (0.0, 1.0, 0.0), fixed_grid.centre)
    centres = fixed_grid.centre + np.array([[6, 2, -4], [-5, -3, -2]])
    tiles = superpose.TileShifts(
        centres, np.array([[0.1, 0, 0], [4.0, -3.0, 0]]), np.full(2, 0.2), np.array([False, True])
    )
    return superpose.Registration(
        transform=answer,
        value=0.125,
        metric="ncc",
        optimizer="by hand",
        levels=(superpose.Level(fixed_grid.shape, answer.parameters, 0.1, 10, 0.25),),
        overlap=0.75,
        initial=superpose.translation((0.0, 0.0, 0.0)),
        fixed_grid=fixed_grid,
        moving_grid=moving_grid,
        basins=(superpose.Basin(answer, 0.5, 0.8), superpose.Basin(turned, 0.3, 0.8)),
        misfit=2.5,
        tile_shifts=tiles,
    ).with_images(scene, moving)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one the tests are skipped, but not in CI."""
    program = shutil.which("chromium")
    if program is None and os.environ.get("CI"):
        pytest.fail("there is no chromium, and in CI these tests may not be skipped: apt-get install chromium")
    if program is None:
        pytest.skip("there is no chromium here (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the page complained about or asked the network for; empty at the end, or the test fails."""
    return []


@pytest.fixture
def opened(browser: Browser, complaints: list[str]) -> Iterator[Open]:
    """Open a page and hold it to silence: no error, nothing on the console, no request beyond the file."""
    contexts = []

    def call(path: Path, width: int = 1000, height: int = 900, **how: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **how)
        contexts.append(context)
        here = path.as_uri()

        def asked(request: Any) -> None:
            if request.url != here and not request.url.startswith("data:"):
                complaints.append(f"request: {request.url}")

        context.on("request", asked)
        context.route(lambda url: url != here, lambda route: route.abort())
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(here)
        if page.query_selector("#canvas, #planes"):
            page.wait_for_selector(":is(#canvas, #planes)[data-pose='0']")
        return page

    yield call
    for context in contexts:
        context.close()
    assert complaints == []
