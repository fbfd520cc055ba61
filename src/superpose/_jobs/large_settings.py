"""How images larger than memory are aligned."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LargeSettings:
    """How small copies of two large images are aligned, and then tiles of full size.

    Attributes
    ----------
    work_at : int
        The longest side of the copies that are aligned as a whole, in pixels: seconds, and about a tenth of such a
        pixel.
    cells : int
        One tile is looked at in each of so many times so many cells of fixed: 36 tiles average a single one's error by
        six, and leave a distortion of the third order to be seen.
    side : int
        A tile's side, in pixels: it holds what the copy's error leaves uncertain many times over.
    least : int
        So many tiles, or more, have to be placed, and half as many again as would determine the family.
    rounds : int
        Of the fit: in each tiles that disagree with the others are left out anew.
    agrees : float
        A tile that lies so many times its expected error off disagrees.
    scatter : float
        From the median of the squared distances of tiles to their mean, where they are normal in two dimensions.
    least_error : float
        No smaller error is stated, in pixels: as of `register`, by what interpolation allows.
    """

    work_at: int = 2048
    cells: int = 6
    side: int = 512
    least: int = 6
    rounds: int = 8
    agrees: float = 4.0
    scatter: float = 1.4427
    least_error: float = 0.0015
