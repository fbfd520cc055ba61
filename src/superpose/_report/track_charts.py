"""Coordinates of the lines and bands of a stack's charts, for the template's SVG."""

from __future__ import annotations

import math
from typing import Any

from superpose._report.settings import StackPictureSettings
from superpose._report.tracks import BAND, Floats, Panel


def track_chart(
    panel: Panel, numbers: list[int], lost: list[int], total: int, settings: StackPictureSettings
) -> dict[str, Any]:
    """Return a panel as points of a drawing: frames to the right, values upwards."""
    bands = [(each.values - BAND * each.errors, each.values + BAND * each.errors) for each in panel.tracks]
    low = min((float(below.min()) for below, _ in bands if below.size), default=0.0)
    high = max((float(above.max()) for _, above in bands if above.size), default=0.0)
    # Frames that do not move are a line in the middle, not noise that fills the chart.
    room = max(0.06 * (high - low), 0.02)
    low, high = low - room, high + room
    last = max(total - 1, 1)

    def across(number: float) -> float:
        return round(settings.width * number / last, 1)

    def up(value: float) -> float:
        return round(settings.height * (high - value) / (high - low), 1)

    def outline(values: Floats) -> list[str]:
        return [f"{across(number)},{up(value)}" for number, value in zip(numbers, values.tolist(), strict=True)]

    lines = [
        {
            "name": track.name,
            "line": " ".join(outline(track.values)),
            "band": " ".join([*outline(above), *reversed(outline(below))]),
        }
        for track, (below, above) in zip(panel.tracks, bands, strict=True)
    ]
    spans = [
        f"{track.name} from {_said(track.values.min())} to {_said(track.values.max())}"
        for track in panel.tracks
        if track.values.size
    ]
    return {
        "title": f"{panel.title.capitalize()} ({panel.unit})",
        "width": settings.width,
        "height": settings.height,
        "lines": lines,
        "ticks": [{"y": up(value), "label": _said(value)} for value in ticks(low, high, 5)],
        "frames": [{"x": across(value), "label": f"{value:g}"} for value in ticks(0, last, 8) if value == int(value)],
        "lost": [across(number) for number in lost],
        "alt": f"{panel.title.capitalize()} of each frame, in {panel.unit}: {'; '.join(spans) or 'none was placed'}",
    }


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return round numbers from `low` to `high`, no more than about so many."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) + 0.0 for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _said(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
