"""The form of a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One thing superpose says: what was wrong, and one thing to do."""

    says: str
    do: str
    joint: str = "; "
