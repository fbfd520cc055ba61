"""Folders whose files are the frames of a series, in the order in which people number them."""

from __future__ import annotations

import re
from pathlib import Path

from superpose._io.images import BY_EXTENSION as OF_IMAGES
from superpose._io.images import is_picture
from superpose._io.reading import told
from superpose._io.sources import shown_source
from superpose._io.volumes import BY_EXTENSION as OF_VOLUMES
from superpose._io.volumes import is_volume


def images_in(folder: Path, argument: str) -> tuple[list[Path], list[Path]]:
    """Return a folder's images and volumes, and what else lies in it; both with 2 before 10 in names.

    A file counts by its content, and a damaged one by its extension. Hidden files, whose names begin with a dot, are
    neither.

    Raises
    ------
    InputError
        If the folder cannot be read.
    """
    with told(argument, shown_source(folder)):
        entries = sorted((each for each in folder.iterdir() if not each.name.startswith(".")), key=_natural)
    images = [each for each in entries if _is_image(each)]
    kept = set(images)
    return images, [each for each in entries if each not in kept]


def _natural(path: Path) -> tuple[list[str | int], str]:
    # Text and numbers alternate, so that like is compared with like.
    parts = re.split("([0-9]+)", path.name.casefold())
    return [int(part) if k % 2 else part for k, part in enumerate(parts)], path.name


def _is_image(path: Path) -> bool:
    if path.is_dir():
        return False
    return path.name.lower().endswith((*OF_IMAGES, *OF_VOLUMES)) or is_picture(path) or is_volume(path)
