"""The field of view that both images were taken through: what lies outside of it, and its rim, are missing."""

from __future__ import annotations

from superpose._sampling.field_of_view import cut_discs, same_field
from superpose._sampling.level import PreparedLevel
from superpose._sampling.prepared import Prepared

Levels = list[PreparedLevel]


def levels_in_view(
    images: tuple[Prepared, Prepared], levels: tuple[Levels, Levels], threads: int
) -> tuple[Levels, Levels, bool]:
    """Return both images' levels, without what lies outside the field of view that they have in common, and if so.

    The outline of a field of view is at the same place in both, for it is the sensor's. One that moved is that of an
    object, such as the moon before a black sky, and says where it went.
    """
    fixed, moving = images
    first = fixed.field_of_view(levels[0], threads)
    if first is None:
        return *levels, False
    second = moving.field_of_view(levels[1], threads)
    settings = fixed.settings.view
    if second is None or not (same_field(first, second, settings) or cut_discs(first, second, settings)):
        return *levels, False
    return fixed.levels_in_view(first, levels[0], threads), moving.levels_in_view(second, levels[1], threads), True
