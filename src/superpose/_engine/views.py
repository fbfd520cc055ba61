"""The field of view that both images were taken through: what lies outside of it, and its rim, are missing."""

from __future__ import annotations

from superpose._sampling.field_of_view import cut_discs, same_field
from superpose._sampling.level import PreparedLevel
from superpose._sampling.prepared import Prepared
from superpose._solution import Views

Levels = list[PreparedLevel]


def common_views(images: tuple[Prepared, Prepared], levels: tuple[Levels, Levels], threads: int) -> Views | None:
    """Return both images' fields of view, or None where they have none or it is an object's outline.

    That of a field of view is at the same place in both, for it is the sensor's. One that moved is that of an object,
    such as the moon before a black sky, and says where it went; unless it is a disc that the frame cuts.

    Parameters
    ----------
    images : tuple of Prepared
        The pair.
    levels : tuple of list of PreparedLevel
        Those that the engine works on.
    threads : int
        No result depends on it.
    """
    if not all(image.field_tolerances(each, threads) for image, each in zip(images, levels, strict=True)):
        return None
    first = images[0].field_of_view(levels[0], threads)
    if first is None:
        return None
    second = images[1].field_of_view(levels[1], threads)
    settings = images[0].settings.view
    if second is None or not (same_field(first, second, settings) or cut_discs(first, second, settings)):
        return None
    return first, second
