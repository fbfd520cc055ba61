"""What can be wrong with matrices, points and landmarks."""

from __future__ import annotations

from superpose._messages.message import Message

TRANSFORMS: dict[str, Message] = {
    "other-dimension": Message(
        "{argument} maps points of {value} coordinates, and images are resampled from {moving} axes onto {fixed}",
        "pass a transform of as many coordinates as the images have axes",
    ),
    "bad-matrix": Message(
        "{argument} is {value}",
        "pass a {sizes} of finite numbers up to 1e75 in (row, column) order whose last row is not all zeros",
    ),
    "no-homographies": Message(
        "{argument} is {value}, and {library} has none",
        "find an affine one, with register(..., transform='affine')",
    ),
    "no-grid": Message(
        "{argument} is {value}, and no grid",
        "pass a superpose.Image or its grid, or a registration's fixed_grid or moving_grid",
    ),
    "not-linear": Message(
        "{argument} is {value}, which bends: no matrix does what it does",
        "pass one that is made of translations, rotations and affine maps",
    ),
    "behind-horizon": Message(
        "{argument} is {value}, a homography that does not see the point {centre}: it lies on its horizon or behind it",
        "state it about a point that is seen: .about(centre), or centre= when it is made",
    ),
    "bad-linear": Message(
        "{argument} is {value}",
        "pass a 2 x 2 matrix (3 x 3 in 3D) of finite numbers up to 1e75 in (row, column) order",
    ),
    "bad-point": Message(
        "{argument} is {value}",
        "pass {count} finite numbers, {axes}",
    ),
    "wrong-family": Message(
        "{argument} is {value}, which is no {family}",
        "pass transform={nearest!r}, or an initial transform of the {family} family",
    ),
    "no-rotation": Message(
        "{argument} is {value}, which is no rotation",
        "pass a 3 x 3 matrix whose rows are at right angles, of length 1, and do not mirror",
    ),
    "bad-focal": Message(
        "{argument} is {value}, which is no focal length",
        "pass a number of pixels, more than 0 and less than 1e9",
    ),
    "singular": Message(
        "{argument} is {value}, which cannot be inverted",
        "check the matrix: its determinant is zero",
    ),
    "bad-points": Message(
        "{argument} has shape {value}",
        "pass an array of shape (..., {ndim}) of finite numbers up to 1e75 in {axes} order",
    ),
    "points-outside": Message(
        "0 of {value} {argument} lie inside {space} ({extent})",
        "are they {axes}? pass order='{order}'{units}",
        ": ",
    ),
    "few-landmarks": Message(
        "{argument} holds {value} points, too few for a {family} transform",
        "pass at least {least} pairs that do not lie on one line",
    ),
    "different-coordinates": Message(
        "{argument} are of {value} coordinates",
        "pass points of images in both, or points of volumes in both",
    ),
    "unequal-landmarks": Message(
        "{argument} holds {value} points and fixed_points {fixed}",
        "pass the same number of points in both, in the same order",
    ),
    "degenerate-landmarks": Message(
        "{argument} are {value}, which do not determine a {family} transform",
        "pass points that are spread over the image and not on one line (in 3D, not in one plane)",
    ),
    "impossible-landmarks": Message(
        "{argument} are the places of fixed_points in no view of a plane: {value} of them would lie behind its horizon",
        "check that both lists name the same places in the same order",
    ),
}
