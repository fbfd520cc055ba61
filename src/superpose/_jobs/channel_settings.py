"""Settings of what lays an image's channels on each other, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._search.search_range import SearchRange


@dataclass(frozen=True)
class ChannelSettings:
    """How channels are laid on the reference.

    Attributes
    ----------
    search : SearchRange
        How far they may lie from it: one microscope took them, or cameras side by side on one mount.
    """

    search: SearchRange = field(default_factory=lambda: SearchRange(angle=10.0, scale=1.1, shift=0.25))
