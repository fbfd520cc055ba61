"""Settings of figures and pages, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PictureSettings:
    """How large pictures are, and how their greys are chosen.

    Attributes
    ----------
    figure_side : int
        In figures no picture has more pixels along a side than this.
    page_side : int
        Nor have fixed, the answer, and moving as it came on a page,
    other_side : int
        nor moving under all other poses there, which would make the file large,
    notebook_side : int
        nor what a notebook shows, which keeps every picture.
    inline_side : int
        nor fixed and the answer on a page inside a notebook.
    volume_side, inline_volume_side, figure_volume_side : int
        Nor has a volume more voxels along its longest side on a page, on one inside a notebook (two cubes of noise take
        6 MB and 0.7 MB so), and in figures.
    same_intensities : float
        Images that correlate so much have intensities that mean the same: they are shown in the same greys, and
        subtracted. Of others the edges are compared.
    noises, least_contrast : float
        A difference is in full colour from so many times its own noise on, and from so much of fixed's standard
        deviation: the noise of a good match stays pale, and so does what correlates by 0.999.
    tints : tuple of (red, green, blue)
        What motions are tinted in, one after the other: told apart by all eyes, and from the greys under them.
    """

    figure_side: int = 720
    page_side: int = 900
    other_side: int = 450
    notebook_side: int = 320
    inline_side: int = 600
    volume_side: int = 128
    inline_volume_side: int = 64
    figure_volume_side: int = 256
    same_intensities: float = 0.6
    noises: float = 5.0
    least_contrast: float = 1.0
    tints: tuple[tuple[int, int, int], ...] = ((230, 159, 0), (86, 180, 233), (204, 121, 167))


@dataclass(frozen=True)
class ChartSettings:
    """How large drawings are, in the units of their own coordinates.

    Attributes
    ----------
    width, height : float
        The inner part of the convergence chart.
    least : float
        The distance, in pixels, that its logarithmic axis ends at; smaller ones, 0 too, lie there.
    map_side : float
        Of a landscape's map.
    misfit_width : float
        Of the map of what does not fit.
    least_arrow : float
        Arrows there are enlarged so that the longest is at least so long.
    colours : tuple of (red, green, blue)
        Viridis at equal steps, dark to bright for all eyes.
    """

    width: float = 330.0
    height: float = 130.0
    least: float = 0.01
    map_side: float = 200.0
    misfit_width: float = 330.0
    least_arrow: float = 40.0
    colours: tuple[tuple[int, int, int], ...] = (
        (68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142),
        (31, 158, 137), (53, 183, 121), (110, 206, 88), (181, 222, 43), (253, 231, 37),
    )  # fmt: skip


@dataclass(frozen=True)
class StackPictureSettings:
    """How much a stack's page shows of its frames.

    Attributes
    ----------
    frames, side : int
        So many frames are shown before and after, with so many pixels along a side,
    inline_frames, inline_side : int
        and on a page inside a notebook.
    image_side : int
        What was made of all frames has so many.
    rows : int
        The table lists no more frames than that, of those that were placed as of those that were not.
    noises : float
        A difference is in full colour from so many times its usual size on: noise stays pale.
    width, height : float
        The inner part of the charts.
    """

    frames: int = 8
    side: int = 400
    inline_frames: int = 4
    inline_side: int = 240
    image_side: int = 720
    rows: int = 300
    noises: float = 6.0
    width: float = 440.0
    height: float = 180.0


@dataclass(frozen=True)
class ReportSettings:
    """Settings of figures and pages: of their pictures, those of stacks, and of their drawings."""

    pictures: PictureSettings = field(default_factory=PictureSettings)
    stacks: StackPictureSettings = field(default_factory=StackPictureSettings)
    charts: ChartSettings = field(default_factory=ChartSettings)


DEFAULTS: dict[int, ReportSettings] = {2: ReportSettings(), 3: ReportSettings()}
