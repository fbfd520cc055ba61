"""Where a stage says that images lie: an array, or a file that a microscope's software wrote."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._io.stage_places import OmeImage, is_tiff, ome_images
from superpose._jobs.sources import Frames
from superpose.errors import InputError, shown, text
from superpose.transforms.base import real_numbers

Floats = NDArray[np.float64]
# A header's words for a column, by what they mean.
WORDS = {
    "name": ("name", "file", "filename", "image", "tile"),
    "row": ("row", "y", "top"),
    "column": ("column", "col", "x", "left"),
}


# Says that the images' own files tell where they lie.
OWN = "ome"


def positions_of(given: Any, frames: Frames, names: Sequence[str | None]) -> tuple[Floats, list[str]]:
    """Return each image's first pixel, (row, column), and what to say of that, in words.

    Parameters
    ----------
    given : array_like of shape (images, 2), path or "ome"
        NaN where a place is not known; "ome": as the images' own files say.
    frames : Frames
        The images.
    names : sequence of str or None
        The images' paths, where they are files.

    Raises
    ------
    InputError
        If there are more or fewer, an image has none in a file, or two images have the same.
    """
    count, said = len(names), list[str]()
    if isinstance(given, str) and given == OWN:
        places = _own_places(frames, names, said)
    elif isinstance(given, (str, Path)):
        places = _of_file(Path(given), frames, names, said)
    else:
        found = real_numbers(given)
        if found is None or found.ndim != 2 or found.shape[1] != 2 or np.isinf(found).any():
            raise InputError("bad-positions", argument="positions", value=shown(given))
        places = found
    if len(places) != count:
        raise InputError("other-positions", argument="positions", value=len(places), expected=count)
    seen: dict[tuple[float, ...], int] = {}
    for number, place in enumerate(places.tolist()):
        if tuple(place) in seen:
            raise InputError(
                "repeated-position", argument="positions", value=place, first=seen[tuple(place)], second=number
            )
        seen[tuple(place)] = number
    return np.ascontiguousarray(places, float), said


def _of_file(path: Path, frames: Frames, names: Sequence[str | None], said: list[str]) -> Floats:
    """Return places of a table, or of a TIFF that tells of all images."""
    if is_tiff(path):
        told = _told(path)
        if all(_is_file(frames.file(k), path) for k in range(len(names))):
            return _own_places(frames, names, said)
        _say_assumed(told, said)
        if not all(each.file for each in told):
            return np.array([each.place for each in told])
        read = [(each.file, *each.place) for each in told]
    else:
        read = _read(path)
    places, over = _by_name(read, names, str(path))
    if over:
        which = ", ".join(over[:5]) + (f" and {len(over) - 5} more" if len(over) > 5 else "")
        said.append(text("positions-left-over", argument="positions", value=len(over), which=which))
    return places


def _is_file(one: Path | None, other: Path) -> bool:
    return one is not None and os.path.realpath(one) == os.path.realpath(other)


def _own_places(frames: Frames, names: Sequence[str | None], said: list[str]) -> Floats:
    """Return places as the images' own files tell them."""
    files: dict[Path, list[OmeImage]] = {}
    places, assumed = list[tuple[float, float]](), list[tuple[Path, OmeImage]]()
    for number, name in enumerate(names):
        file = frames.file(number)
        called = name or f"image {number}"
        if file is None or not is_tiff(file):
            raise InputError("bad-positions-file", argument="positions", value=called, reason="it is no file of OME's")
        if file not in files:
            files[file] = _told(file)
        mine = [each for each in files[file] if each.is_at(file.name, frames.page(number))]
        if len(mine) != 1:
            reason = f"{len(mine)} of its images are on page {frames.page(number)}"
            raise InputError("bad-positions-file", argument="positions", value=str(file), reason=reason)
        if (file, mine[0]) in assumed:
            reason = f"{mine[0].name} has several channels, times or planes: lay one of them, and the others by .apply"
            raise InputError("bad-positions-file", argument="positions", value=str(file), reason=reason)
        places.append(mine[0].place)
        assumed.append((file, mine[0]))
    _say_assumed([each for _, each in assumed], said)
    return np.array(places)


def _told(path: Path) -> list[OmeImage]:
    try:
        return ome_images(path)
    except (OSError, ValueError) as error:
        raise InputError("bad-positions-file", argument="positions", value=str(path), reason=str(error)) from error


def _say_assumed(images: Sequence[OmeImage], said: list[str]) -> None:
    without = [each.assumed for each in images if each.assumed]
    if without:
        said.append(text("position-unit-assumed", argument="positions", value=len(without), taken=without[0]))


def _by_name(read: list[tuple[str, float, float]], names: Sequence[str | None], file: str) -> tuple[Floats, list[str]]:
    if all(name is None for name in names):
        return np.array([each[1:] for each in read]), []
    places: dict[str, tuple[float, float]] = {}
    for name, row, column in read:
        if Path(name).name in places:
            raise InputError("repeated-name", argument="positions", value=name, file=file)
        places[Path(name).name] = row, column
    out = []
    for number, image in enumerate(names):
        own = Path(image or "").name
        if own not in places:
            raise InputError("no-position", argument="positions", value=file, name=image or f"image {number}")
        out.append(places.pop(own))
    return np.array(out), sorted(places)


def _read(path: Path) -> list[tuple[str, float, float]]:
    """Return names and places, (row, column), from a file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError("no-such-file", argument="positions", value=str(path)) from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError("bad-positions-file", argument="positions", value=str(path), reason=str(error)) from None
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    found = _of_fiji(lines) if any(re.match(r"\s*dim\s*=", line) for line in lines) else _of_csv(lines)
    if isinstance(found, str):
        raise InputError("bad-positions-file", argument="positions", value=str(path), reason=found)
    if not found:
        raise InputError("bad-positions-file", argument="positions", value=str(path), reason="it names no image")
    return found


def _of_fiji(lines: list[str]) -> list[tuple[str, float, float]] | str:
    """Return what a TileConfiguration.txt says: ``name; ; (x, y)``."""
    out = []
    for line in lines:
        axes = re.match(r"\s*dim\s*=\s*(\S*)", line)
        if axes and axes[1] != "2":
            return f"dim is {axes[1]}, and tiles of a mosaic lie in two: dim = 2, and lines name; ; (x, y)"
        if re.match(r"\s*\w+\s*=", line):
            continue
        parts = line.split(";")
        numbers = _numbers(re.sub(r"[()\s]", "", parts[-1]).split(","))
        if len(parts) < 2 or numbers is None or len(numbers) != 2:
            return f"the line {line!r} is not name; ; (x, y)"
        out.append((parts[0].strip(), numbers[1], numbers[0]))
    return out


def _of_csv(lines: list[str]) -> list[tuple[str, float, float]] | str:
    """Return what a table says that has columns name, row and column, or name, x and y."""
    if not lines:
        return []
    sign = max(",;\t", key=lines[0].count)
    head, *rows = csv.reader(lines, delimiter=sign)
    words = [each.strip().lower() for each in head]
    at = {}
    for what, known in WORDS.items():
        where = [k for k, word in enumerate(words) if word in known]
        if len(where) != 1:
            return f"its first line is {lines[0]!r}; it should name the columns: name,row,column"
        at[what] = where[0]
    out = []
    for row in rows:
        words = [row[at[each]].strip() if at[each] < len(row) else "" for each in ("row", "column")]
        unknown = any(each.lower() in ("", "nan") for each in words)
        numbers = [np.nan, np.nan] if unknown else _numbers(words)
        if numbers is None or at["name"] >= len(row):
            return f"the line {sign.join(row)!r} has no two numbers"
        out.append((row[at["name"]].strip(), numbers[0], numbers[1]))
    return out


def _numbers(words: Sequence[str]) -> list[float] | None:
    try:
        numbers = [float(each) for each in words]
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def other_orders(positions: Floats) -> list[tuple[str, Floats]]:
    """Return positions as they would be with axes exchanged, or counted the other way, and the words for that."""
    rows, columns = positions.T
    out = []
    for words, places in (
        ("(column, row)", (columns, rows)),
        ("(-row, column)", (-rows, columns)),
        ("(row, -column)", (rows, -columns)),
        ("(-row, -column)", (-rows, -columns)),
        ("(column, -row)", (columns, -rows)),
        ("(-column, row)", (-columns, rows)),
        ("(-column, -row)", (-columns, -rows)),
    ):
        out.append((words, np.stack(places, 1)))
    return out
