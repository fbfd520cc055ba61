"""Settings of what makes one finer image of a burst, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SuperSettings:
    """How a finer image is solved for.

    Attributes
    ----------
    most_scale : float
        Nobody resolves more: what lenses and pixels let through of four times the frequencies is less than any noise.
    blur, most_blur : float, float
        What a lens adds to the pixel's own square, one standard deviation of a Gaussian in pixels: so much where nobody
        says it, and no more than `most_blur`, of which pictures hold nothing that could be resolved.
    steps, reach : int, float
        A pixel's response is told on so many places to a pixel, up to so many standard deviations beyond its edge.
    whole : float
        A pixel counts if at least this part of what it sees is on the finer image.
    plain, rounds, steps_first, steps_each : int
        It is asked to be as smooth everywhere in the first `plain` of so many rounds, and then as each part is told to
        be. In the first round conjugate gradients go so many steps, and in each other so many more.
    near, least_slope : float, float
        How smooth a part is told by its slopes over so many pixels (one standard deviation), but it is never taken for
        smoother than this part of the usual square.
    beside, fits : float, float
        Where the mean square of what is left of a frame, over so many of its pixels, is more than so many times that
        of noise, and that of the other frames there, something moved: it counts less by the square of that.
    exposed : float
        Frames whose gain differs from the first one's by this part, or whose level by that of their spread,
        are levelled.
    sensor : float
        Pixels whose mean over all frames of what is left is so many usual ones are the
        sensor's own.
    quietest : float
        No noise is less than this part of the frames' spread: interpolation of motions leaves more.
    together : float
        Frames stand together on a pixel's parts if their mean is as far from the middle as this: 1 is whole pixels.
    places : int
        Where in a frame that is asked, along each axis.
    seed : int
        Of the signs by which it is told how many numbers the finer image takes from each frame.
    """

    most_scale: float = 4.0
    blur: float = 0.35
    most_blur: float = 5.0
    steps: int = 1024
    reach: float = 3.2
    whole: float = 0.98
    plain: int = 3
    rounds: int = 6
    steps_first: int = 10
    steps_each: int = 6
    near: float = 1.5
    least_slope: float = 0.03
    beside: float = 1.5
    fits: float = 4.0
    exposed: float = 3e-3
    sensor: float = 8.0
    quietest: float = 1e-3
    together: float = 0.9
    places: int = 5
    seed: int = 2026
