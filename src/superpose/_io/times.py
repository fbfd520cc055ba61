"""When an image was taken, as its file says it: FITS, and what has Exif's tags, TIFF and JPEG among others."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from superpose._io.reading import DAMAGED

# Of a header in FITS, cards of 80 characters.
_HEADER = 2880 * 8
_TAKEN = re.compile(rb"DATE-OBS= *'([0-9T:.-]{10,})")


def time_of(path: Path) -> str:
    """Return when a file's image was taken, as text that sorts by time; empty where it does not say so."""
    try:
        with path.open("rb") as stream:
            start = stream.read(_HEADER)
        if start.startswith(b"SIMPLE  ="):
            found = _TAKEN.search(start)
            return found[1].decode() if found else ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures
            picture = Image.open(path)
        with picture:
            exif: Any = picture.getexif()
            taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
            return str(taken or exif.get(ExifTags.Base.DateTime) or "")
    except DAMAGED:  # what is wrong with it is said where it is read
        return ""
