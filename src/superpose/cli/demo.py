"""Do the main job on photographs that come with scikit-image, and write pictures of it to a folder.

1. The astronaut, turned by 50 degrees and noisy, is laid back: by superpose's own engine, which needs no
   argument, and beside it by SciPy's basin-hopping.
2. A colour photograph's channels, each with its own shift, turn, contrast and noise, are stacked as on a
   glass plate, and restored.
3. What an optimiser sees: the metric against the pose, on the levels of a pyramid and after a blur.

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
from superpose.cli import _scenes
from superpose.cli._output import STANDARD, matplotlib_at, say, write_figure
from superpose.errors import InputError
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform

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
        for part in (turned, plate, landscapes):
            part(Album(folder))
            say("")
    say(f"Everything took {time.perf_counter() - began:.1f} s; the pictures are in {folder}")
    return 0


def turned(album: Album) -> None:
    """Lay a turned photograph back."""
    say("1. A photograph turned by 50 degrees, with noise of variance 0.001")
    scene = _scenes.turned_astronaut(50, 1e-3)
    _, first = _timed(lambda: superpose.register(scene.fixed, scene.moving))
    registration, seconds = _timed(lambda: superpose.register(scene.fixed, scene.moving))
    hopped, longer = _timed(
        lambda: superpose.register(scene.fixed, scene.moving, metric="mse", optimizer="basinhopping", levels=4)
    )
    _true(scene.truth, registration)
    say("   superpose.register(fixed, moving)")
    _answered(scene.truth, registration)
    say(f"   {seconds:.1f} s ({first:.1f} s the first time, with what has to be loaded for it)")
    say("   SciPy's basin-hopping on the mean squared error, down a pyramid of 4 levels")
    _answered(scene.truth, hopped)
    say(f"   {longer:.1f} s")
    album.picture("astronaut-fixed.png", scene.fixed, "fixed")
    album.picture("astronaut-moving.png", scene.moving, "moving")
    album.picture("astronaut-aligned.png", registration.warp(), "moving laid on fixed")
    album.figure("astronaut.png", registration.plot(), "before, after, difference")


def plate(album: Album) -> None:
    """Restore a plate."""
    say("2. A plate of three exposures, each with its own shift, turn, contrast and noise")
    scene = _scenes.coffee_plate()
    restored, seconds = _timed(lambda: superpose.colorize(scene.scan))
    for name, each in restored.registrations.items():
        say(f"   {name} on {restored.reference}")
        _true(scene.truth[name], each)
        _answered(scene.truth[name], each)
    say(f"   {seconds:.1f} s")
    as_cut = np.stack([restored.exposures[name] for name in restored.channels], -1)
    album.picture("plate.png", scene.scan, "the plate")
    album.picture("plate-before.png", as_cut, "its exposures as cut, one on the other")
    album.picture("plate-after.png", restored.image, "restored")
    album.figure("plate-figure.png", restored.plot(), "before, after")


def landscapes(album: Album) -> None:
    """Draw what an optimiser sees."""
    say("3. What an optimiser sees: mean squared error against column shift")
    scene = _scenes.shifted_astronaut(50)
    over = np.arange(-450, 451, 5)
    plain, seconds = _timed(lambda: superpose.landscape(*scene, over=over, metric="mse", levels=6))
    blurred, more = _timed(lambda: superpose.landscape(*scene, over=over, metric="mse", smooth=20))
    say(f"   truth:  50; answer: {plain.minimum()[0]:g}, after a blur {blurred.minimum()[0]:g}")
    say(f"   places where a search downhill may end: {_minima(plain)}, after a blur {_minima(blurred)}")
    say(f"   {seconds + more:.1f} s")
    album.figure("landscape.png", plain.plot(), "on the levels of a pyramid")
    album.figure("landscape-blurred.png", blurred.plot(), "after a Gaussian of 20 pixels")
    album.figure("pyramid.png", superpose.plot_pyramid(superpose.pyramid(scene[0], 6)), "the pyramid's levels")


def _minima(landscape: superpose.Landscape) -> int:
    return len(landscape.local_minima())


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _true(truth: MatrixTransform, registration: Registration) -> None:
    """Print the truth, in the words of an answer."""
    say(f"   truth:  {describe(truth, registration.fixed_grid)}")


def _answered(truth: MatrixTransform, registration: Registration) -> None:
    """Print an answer, and by how much it misses the truth."""
    off = truth.distance(registration.transform, registration.fixed_grid.corners)
    score = f"{registration.metric} {registration.value:.4g}"
    say(f"   answer: {registration.describe()} (at most {off:.3f} px off, {score})")
