"""What an answer leaves over is asked again, where it is an answer."""

from __future__ import annotations

from typing import Any

import pytest

from superpose._motions import two_motions
from superpose._motions.two_motions import other_motion


class _Verdict:
    matched = False


class _First:
    verdict = _Verdict()


class _Look:
    class settings:
        choice = None


def test_what_is_there_by_chance_leaves_nothing_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(two_motions, "_rival", lambda *_: pytest.fail("asked"))
    first: Any = _First()
    look: Any = _Look()
    assert other_motion(first, look) is first
