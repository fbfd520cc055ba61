"""What can be wrong with what a mosaic is made of."""

from __future__ import annotations

from superpose._messages.message import Message

MOSAICS: dict[str, Message] = {
    "no-image-placed": Message(
        "no two of the {value} {argument} belong together; of the first: {reason}",
        "check that they show things that are alike",
    ),
    "not-a-mosaic-file": Message(
        "{argument} is {value}, which is no result of a mosaic saved by superpose: {reason}",
        "pass a file written by MosaicResult.save() or 'superpose mosaic --save-transforms'",
    ),
    "one-image": Message(
        "{argument} has {value} images",
        "pass two or more: a list of arrays or paths",
    ),
    "bad-positions": Message(
        "{argument} is {value}",
        "pass for each image the (row, column) of its first pixel, shape (images, 2), NaN where that is not known; or "
        "the path of a table or of an OME-TIFF, or 'ome'",
    ),
    "other-positions": Message(
        "{argument} has {value} places, and there are {expected} images",
        "pass one for each image, in the images' order",
    ),
    "repeated-position": Message(
        "{argument} has {value} for image {first} and for image {second}",
        "check whether a tile is there twice",
    ),
    "repeated-name": Message(
        "{argument} names {value} twice, in {file}",
        "leave one line for each image",
    ),
    "no-position": Message(
        "{argument}, {value}, has no line for {name}",
        "add it, or leave that image out",
    ),
    "bad-positions-file": Message(
        "{argument}, {value}, cannot be read ({reason})",
        "pass a CSV with the columns name,row,column, a TileConfiguration.txt, or an OME-TIFF with PositionX and "
        "PositionY",
    ),
    "position-unit-assumed": Message(
        "{argument} of {value} images have no unit in their files, and are taken for {taken}",
        "check that neighbours overlap: look at .links",
    ),
    "positions-without-sigma": Message(
        "{argument} is {value}, and there are no positions",
        "pass positions=, too",
    ),
    "positions-turned": Message(
        "{argument} do not lead to images that overlap ({found} of {value} pairs do), and would as {expected} "
        "({better} of {tried})",
        "pass (row, column) of each image's first pixel, in pixels, in the images' order",
    ),
    "positions-left-over": Message(
        "{argument} names {value} that is no image: {which}",
        "check whether a tile is missing",
    ),
    "positions-doubtful": Message(
        "of the {value} pairs of images that {argument} say overlap, {found} do",
        "check the images' order, and that positions are in pixels; without positions each is compared with each",
    ),
    "positions-off": Message(
        "{value} of the {argument} lie elsewhere than the stage says by more than it is off: {which}",
        "look at .table; overlaps tie them to the others",
    ),
    "placed-by-stage": Message(
        "{value} of the {argument} lie where the stage says, for no overlap ties them to the others: {which}",
        "look at .table",
    ),
    "images-left-out": Message(
        "{value} of the {total} {argument} could not be placed: {which}",
        "look at .table and .links for why",
    ),
    "mosaic-parts": Message(
        "the {argument} fall into {value} parts that nothing ties together: {which}",
        "make a mosaic of each of .parts, or pass positions=",
    ),
    "stage-parts": Message(
        "the {argument} fall into {value} parts that only their positions tie together: {which}",
        "look at the refused .links between them: these may be two scenes, or positions that are wrong",
    ),
    "mosaic-memory": Message(
        "{argument} is {limit}, and one image of {size} takes about {value}",
        "make it of fewer or smaller images, or pass a larger memory_limit= (--memory-limit)",
    ),
    "links-refused": Message(
        "{value} overlaps of {argument} contradict the others, and were left out: {which}",
        "look at .links",
    ),
    "wide-canvas": Message(
        "the {argument} lie too far apart, or too slanted, for one image of {value}",
        "look at .plot(); of one plane a narrower family may do, transform='affine'; of one viewpoint pass "
        "projection='cylinder'",
    ),
    "wide-panorama": Message(
        "the {argument} look too far up or down, or too far to the sides, for one image of {value} on a {projection}",
        "a sphere holds all directions: projection='sphere'; check focal= if it was passed",
    ),
    "links-unconfirmed": Message(
        "{value} of the {total} overlaps that hold the {argument} together are borne out by no other: {which}",
        "look at these seams first: one of them could be wrong unnoticed",
    ),
    "other-mosaic": Message(
        "{argument} has {value}, and the mosaic was made of {expected}",
        "pass as many, in their order",
    ),
    "nothing-laid": Message(
        "{argument} has {value}, and this mosaic has no place for any of them",
        "look at .table for why",
    ),
    "focal-unknown": Message(
        "{argument} is {value}, and these images do not tell their focal length: they hardly turn against each other",
        "pass focal= (pixels), or projection='plane'",
    ),
    "focal-off": Message(
        "{argument} is {value} pixels, and the {found} that the images tell fits better: it fits {others}, and "
        "{argument} {fits}",
        "leave focal= out",
    ),
    "focal-on-plane": Message(
        "{argument} is {value}, and a mosaic on a plane has no focal length",
        "pass projection='cylinder' or 'sphere' for photographs from one viewpoint, or leave focal= out",
    ),
    "panorama-positions": Message(
        "{argument} is {value}, and a stage's positions are those of a plane",
        "leave positions= out, or pass projection='plane'",
    ),
    "panorama-transform": Message(
        "{argument} is {value}, and a {projection} is for photographs from one viewpoint: homographies",
        "leave transform= out, or pass projection='plane'",
    ),
    "far-image": Message(
        "the {argument} lie too far apart for one image of {value}: {which} is the farthest off",
        "check its position, or leave it out",
    ),
    "no-canvas": Message(
        "no mosaic of the {value} {argument} was made ({reason})",
        "check that they lie side by side",
    ),
}
