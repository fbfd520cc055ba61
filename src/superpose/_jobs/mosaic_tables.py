"""What is told of a mosaic: a row for each image, one for each pair, and what a careful reader should know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superpose._jobs.layouts import Layout
from superpose._jobs.mosaic_images import MosaicImages, shown_names
from superpose._jobs.mosaic_poses import Placement, Stage
from superpose._jobs.mosaic_result import MosaicImage, MosaicLink
from superpose._jobs.overlaps import Overlap
from superpose._jobs.tables import reasons_in_words
from superpose.errors import text


def table_of(
    given: MosaicImages, placed: Placement, layout: Layout, overlaps: Sequence[Overlap], stage: Stage | None
) -> tuple[MosaicImage, ...]:
    tied = [each for each, fits in zip(overlaps, placed.fits, strict=True) if fits]
    rows = []
    for number, name in enumerate(given.names):
        links = sum(number in (each.first, each.second) for each in tied)
        by = ("overlaps" if links else "stage" if stage is not None else "overlaps") * (number in placed.poses)
        why = "" if links and by else given.why.get(number) or _why_not(number, overlaps, links, stage)
        place, off = (np.nan, np.nan), np.nan
        if by:
            first = layout.outlines[number][0]
            place = float(first[0]), float(first[1])
            if stage is not None and np.isfinite(stage.positions[number]).all():
                gap = first - stage.positions[number]
                off = float(np.sqrt((gap * gap).sum()))
        rows.append(MosaicImage(number, name, by, why, place, links, off))
    return tuple(rows)


def _why_not(number: int, overlaps: Sequence[Overlap], links: int, stage: Stage | None) -> str:
    """Return why an image is not in the largest part."""
    if links:
        return "nothing ties it, and those that it overlaps, to the others"
    own = [each for each in overlaps if number in (each.first, each.second)]
    if not own:
        if stage is None:
            return "it looks like none of the others"
        if number in stage.known:
            return "its place overlaps no other's"
        return "its position is not known, and it looks like none of the others"
    best = max(own, key=lambda each: (np.nan_to_num(each.confidence, nan=-1.0), -each.first, -each.second))
    other = best.second if best.first == number else best.first
    return f"beside image {other}: {best.why_not or 'it contradicts the others'}"


def links_of(overlaps: Sequence[Overlap], placed: Placement) -> tuple[MosaicLink, ...]:
    out = []
    flags = placed.fits.tolist(), (placed.fits & ~placed.lone).tolist(), placed.off.tolist()
    for each, fits, confirmed, off in zip(overlaps, *flags, strict=True):
        sigma = float(np.sqrt(np.trace(each.covariance) / 2))
        why = "" if fits else each.why_not or f"it contradicts the others by {off:.3g} px"
        told = each.overlap, each.confidence, sigma, off, confirmed
        out.append(MosaicLink(each.first, each.second, fits, why, *told))
    return tuple(out)


def said_of(
    given: MosaicImages,
    placed: Placement,
    table: Sequence[MosaicImage],
    links: Sequence[MosaicLink],
    overlaps: Sequence[Overlap],
    stage: Stage | None,
) -> list[str]:
    said = []
    lost = [each for each in table if not each.placed_by]
    if lost:
        which = reasons_in_words([(each.name, each.why_not) for each in lost])
        said.append(text("images-left-out", argument="images", value=len(lost), total=len(table), which=which))
    alone = [each.name for each in table if each.placed_by == "stage"]
    if alone:
        said.append(text("placed-by-stage", argument="images", value=len(alone), which=shown_names(alone)))
    if placed.strays:
        strays = shown_names([given.names[k] for k in placed.strays])
        said.append(text("positions-off", argument="images", value=len(placed.strays), which=strays))
    several = [each for each in placed.parts if len(each) > 1]
    if len(several) > 1:
        shown_parts = "; ".join(
            ", ".join(map(str, each[:8])) + (" ..." if len(each) > 8 else "") for each in several[:4]
        )
        said.append(
            text(
                "mosaic-parts" if stage is None else "stage-parts",
                argument="images",
                value=len(several),
                which=shown_parts,
            )
        )
    refused = [
        f"{each.first} and {each.second}"
        for each, overlap in zip(links, overlaps, strict=True)
        if not each.used and not overlap.why_not and np.isfinite(each.off)
    ]
    if refused:
        said.append(text("links-refused", argument="images", value=len(refused), which=shown_names(refused)))
    alone = [f"{each.first} and {each.second}" for each in links if each.used and not each.confirmed]
    if alone:
        total, which = sum(each.used for each in links), shown_names(alone)
        said.append(text("links-unconfirmed", argument="images", value=len(alone), total=total, which=which))
    if given.same:
        pairs = shown_names([f"{a} and {b}" for a, b in given.same])
        said.append(text("same-frames", argument="images", value=len(given.same), which=pairs))
    return said
