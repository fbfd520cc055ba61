"""Align photographs that come with scikit-image, restore a glass plate, make a panorama: pictures of all in a folder.

1. The astronaut, turned by 50 degrees and noisy, is laid back, with a report: a web page to look at it in.
2. A motorcycle's depth map, turned by 140 degrees, is laid on its photograph: two modalities.
3. One of Sergei Prokudin-Gorskii's glass plates, three exposures that lie nowhere alike, becomes a colour picture.
4. Three photographs from one viewpoint, each turned against the last and lighter or darker, become a panorama.

Where the truth is known it is printed beside the answer. Nothing is downloaded.

example:
  superpose demo -o demo-output
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import superpose
from superpose._checks import scikit_image
from superpose._describe import describe
from superpose._io.atomic import checked_new_folder
from superpose._io.images import write_image
from superpose._report.page import write_report
from superpose.cli import _scenes
from superpose.cli._output import STANDARD, matplotlib_at, say, write_figure
from superpose.errors import InputError
from superpose.result import Registration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what ``superpose demo`` takes."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        default="superpose-demo",
        help="default: superpose-demo; made if need be",
    )


REPORT = "report.html"


class Album:
    """The folder of pictures; the name of each is printed when it is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def picture(self, name: str, pixels: NDArray[Any], what: str) -> None:
        """Write an image."""
        write_image(self.folder / name, pixels, "--output")
        self._announce(name, what)

    def figure(self, name: str, figure: Figure, what: str) -> None:
        """Write a figure."""
        write_figure(figure, self.folder / name, "--output")
        self._announce(name, what)

    def report(self, name: str, registration: Registration, title: str) -> None:
        """Write a report."""
        write_report(registration, self.folder / name, title=title, argument="--output")
        self._announce(name, "all about it, in a browser")

    def _announce(self, name: str, what: str) -> None:
        say(f"   {self.folder / name}: {what}")


def run(options: argparse.Namespace) -> int:
    """Do it."""
    scikit_image("data", _scenes.NEEDING)  # before anything is made or said
    if options.output == STANDARD:
        reason = "a folder of pictures is written"
        raise InputError("no-standard-stream", argument="--output", value=repr(STANDARD), reason=reason)
    folder = checked_new_folder(options.output, "--output")
    began = time.perf_counter()
    with matplotlib_at(folder, "--output"):
        for part in (turned, modalities, plate, panorama):
            part(Album(folder))
            say("")
    say(f"Everything took {time.perf_counter() - began:.1f} s. Open {folder / REPORT} in a browser first;")
    say(f"for images of your own: superpose align FIXED MOVING -o aligned.png --report {REPORT}")
    return 0


def turned(album: Album) -> None:
    """Lay a turned photograph back."""
    say("1. A photograph turned by 50 degrees, with noise of variance 0.001")
    scene = _scenes.turned_astronaut(50, 1e-3)
    registration = _found(scene)
    album.picture("astronaut-fixed.png", scene.fixed, "fixed")
    album.picture("astronaut-moving.png", scene.moving, "moving")
    album.picture("astronaut-aligned.png", registration.warp(), "moving laid on fixed")
    album.report(REPORT, registration, "astronaut-moving.png on astronaut-fixed.png")


def modalities(album: Album) -> None:
    """Lay a depth map on a photograph."""
    say("2. A photograph, and its depth map turned by 140 degrees: two modalities")
    scene = _scenes.motorcycle_and_depth(140)
    registration = _found(scene)
    album.picture("motorcycle-fixed.png", scene.fixed, "fixed")
    album.picture("motorcycle-depth.tif", scene.moving, "moving, NaN where depth is not known")
    album.figure("motorcycle.png", registration.plot(), "before and after")


def plate(album: Album) -> None:
    """Restore a plate."""
    say("3. A glass plate of Sergei Prokudin-Gorskii's (Library of Congress, 00998v)")
    scan = _scenes.church_window()
    restored, seconds = _timed(lambda: superpose.colorize(scan))
    for name, each in restored.registrations.items():
        say(f"   {name} on {restored.reference}: {each.describe()}")
        say(f"   {each.trust}")
    say(f"   {seconds:.1f} s")
    rows, columns = restored.crop
    as_cut = np.stack([restored.exposures[name][rows, columns] for name in restored.channels], -1)
    album.picture("plate.png", scan, "the plate: blue, green, red")
    album.picture("plate-before.png", as_cut, "its exposures as cut, one on the other")
    album.picture("plate-after.png", restored.image, "restored")


def panorama(album: Album) -> None:
    """Make a panorama."""
    say("4. Three photographs from one viewpoint, each turned by 20 degrees against the last")
    views, focal = _scenes.three_views()
    found, seconds = _timed(lambda: superpose.mosaic(views, projection="cylinder"))
    say(f"   truth:  a focal length of {focal:.1f} pixels")
    placed = sum(each is not None for each in found.transforms)
    say(f"   answer: {found.focal or np.nan:.1f} pixels, {placed} of {len(views)} photographs on a cylinder")
    say(f"   {seconds:.1f} s")
    for number, view in enumerate(views):
        album.picture(f"panorama-view-{number + 1}.png", view, "as photographed")
    album.picture("panorama.png", np.clip(np.rint(np.nan_to_num(found.image)), 0, 255).astype(np.uint8), "all of them")


def _found(scene: _scenes.Turned) -> Registration:
    """Align a scene's images, and print the truth, the answer, and by how much it misses."""
    registration: Registration
    registration, seconds = _timed(lambda: superpose.register(scene.fixed, scene.moving))
    off = scene.truth.distance(registration.transform, registration.fixed_grid.corners)
    say(f"   truth:  {describe(scene.truth, registration.fixed_grid)}")
    say(f"   answer: {registration.describe()} (at most {off:.3f} px off, {registration.metric})")
    say(f"   {registration.trust}")
    say(f"   superpose.register(fixed, moving): {seconds:.1f} s")
    return registration


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began
