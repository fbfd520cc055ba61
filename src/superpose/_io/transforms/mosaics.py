"""What a file of a mosaic's result holds, checked field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

from superpose._io.transforms.fields import Fields, checked_text
from superpose._io.transforms.plain import grid_from_fields, regular_from_fields
from superpose.transforms.matrix import MatrixTransform
from superpose.transforms.view import PROJECTIONS, ViewTransform

FORMAT = "superpose mosaic"
VERSION = 1
ELSEWHERE = {"superpose stack": "it holds the places of a stack's frames, which superpose.load_stack reads"}
FLAT = "plane"
PLACED_BY = ("", "overlaps", "stage")
Mapped = MatrixTransform | ViewTransform


@dataclass(frozen=True)
class MosaicFields:
    """The fields of a file: of the whole, and by name each image's and each pair's own."""

    fields: dict[str, Any]
    images: list[dict[str, Any]]
    transforms: tuple[Mapped | None, ...]
    links: list[dict[str, Any]]


def fields_of(data: Any) -> MosaicFields:
    """Return what a document holds.

    Raises
    ------
    ValueError
        If it is no mosaic's: it names the field that cannot be.
    """
    of = Fields.of_document(data, FORMAT, VERSION, ELSEWHERE)
    projection = of.string("projection")
    if projection not in (FLAT, *PROJECTIONS):
        raise ValueError(f"projection is {projection!r}, and must be one of {', '.join((FLAT, *PROJECTIONS))}")
    focal = of.number("focal", 0) if of.has("focal") else None
    rows = list(_images(of, projection, focal))
    if len(rows) < 2:
        raise ValueError(f"images has {len(rows)} entries, and must have two or more")
    parts = of.list("parts")
    if not all(isinstance(part, list) and all(type(k) is int for k in part) for part in parts):
        raise ValueError("parts must be lists of numbers of images")
    if sorted(k for part in parts for k in part) != [*range(len(rows))]:
        raise ValueError("parts must have each image once")
    fields = {
        "parts": tuple(map(tuple, parts)),
        "grid": grid_from_fields(of.fields("grid"), 2),
        "transform": of.string("transform"),
        "projection": projection,
        "focal": focal,
        "gains": tuple(row.number("gain", 0) for row, _, _ in rows),
        "shapes": tuple(_shape(row) for row, _, _ in rows),
        "warnings": tuple(checked_text(each, "warnings") for each in of.list("warnings")),
        "versions": {name: checked_text(each, f"versions.{name}") for name, each in of.fields("versions").items()},
    }
    transforms = tuple(transform for _, _, transform in rows)
    return MosaicFields(fields, [told for _, told, _ in rows], transforms, list(_links(of, len(rows))))


def _shape(row: Fields) -> tuple[int, ...]:
    shape = row.counts("shape", 1)
    if len(shape) != 2:
        raise ValueError(f"{row.at('shape')} is {list(shape)}, and must be rows and columns")
    return shape


def _images(of: Fields, projection: str, focal: float | None) -> Iterator[tuple[Fields, dict[str, Any], Mapped | None]]:
    for number, row in enumerate(of.each("images")):
        if row.count("image") != number:
            raise ValueError(f"{row.at('image')} is {row.count('image')}, and must be {number}")
        by = row.string("placed_by")
        if by not in PLACED_BY:
            raise ValueError(f"{row.at('placed_by')} is {by!r}, and must be one of {', '.join(PLACED_BY[1:])}, or ''")
        transform = _transform(row, projection, focal)
        if bool(by) != (transform is not None):
            raise ValueError(f"{row.at('placed_by')} and {row.at('matrix')} contradict each other")
        place = row.numbers("place") if by else (nan, nan)
        if len(place) != 2:
            raise ValueError(f"{row.at('place')} has {len(place)} numbers, and must have 2")
        named = {name: row.string(name) for name in ("name", "why_not")}
        known = {"links": row.count("links"), "stage_off": row.measure("stage_off", 0)}
        yield row, {"image": number, "placed_by": by, "place": place} | named | known, transform


def _transform(row: Fields, projection: str, focal: float | None) -> Mapped | None:
    if projection == FLAT:
        if not row.has("matrix"):
            return None
        return regular_from_fields(row, 2)
    if not row.has("rotation"):
        return None
    if focal is None:
        raise ValueError("focal is missing")
    centre = row.numbers("centre")
    if len(centre) != 2:
        raise ValueError(f"{row.at('centre')} has {len(centre)} numbers, and must have 2")
    return ViewTransform(projection, row.rows("rotation", 3), focal, (centre[0], centre[1]))


def _links(of: Fields, count: int) -> Iterator[dict[str, Any]]:
    for row in of.each("links"):
        pair = {name: row.count(name) for name in ("first", "second")}
        if not pair["first"] < pair["second"] < count:
            raise ValueError(f"{row.at('second')} is {pair['second']}, and must be another image's number")
        known = {name: row.measure(name, 0) for name in ("overlap", "confidence", "sigma", "off")}
        flags = {name: row.flag(name) for name in ("used", "confirmed")}
        yield pair | known | flags | {"why_not": row.string("why_not")}
