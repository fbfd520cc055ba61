"""Every message superpose can give, and the exceptions that carry them.

A message has a code, says what was wrong (naming the argument and the value seen) and what to do about it.
The documentation's page of messages is made from `MESSAGES`; a test holds each entry to this form.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One thing superpose says: what was wrong, and one thing to do."""

    says: str
    do: str
    joint: str = "; "


# A message is read on a screen: what is longer than this is shortened in the middle.
LONGEST_VALUE = 300

MESSAGES: dict[str, Message] = {
    # --- images -------------------------------------------------------------------------------------------
    "not-an-image": Message(
        "{argument} is {value}, which is not an array of numbers",
        "pass a NumPy array of integers, floats or booleans (on the command line, the path of an image)",
    ),
    "object-dtype": Message(
        "{argument} has dtype {value}, whose elements are Python objects",
        "convert it with {argument}.astype(float)",
    ),
    "complex-image": Message(
        "{argument} has dtype {value}, and complex pixels have no order",
        "pass np.abs({argument}) or one of its real parts",
    ),
    "wrong-rank": Message(
        "{argument} has shape {value}",
        "pass a 2D image (rows, columns), or a colour image (rows, columns, 3 or 4)",
    ),
    "different-ranks": Message(
        "{argument} has shape {value}, and fixed has shape {fixed}",
        "pass two images of the same rank",
    ),
    "different-shapes": Message(
        "{argument} has shape {value}, and fixed has shape {fixed}",
        "bring it onto fixed's grid first, with Registration.warp()",
    ),
    "empty-image": Message(
        "{argument} has shape {value} and so no pixels",
        "check how it was read or cropped",
    ),
    "one-pixel": Message(
        "{argument} has shape {value}, too small to align",
        "pass an image of at least {least} pixels along each axis",
    ),
    "mask-of-prepared": Message(
        "{argument} is {value}, and {image} is prepared already, with a mask or without one",
        "pass the mask to superpose.prepare(image, mask=...) instead",
    ),
    "other-version": Message(
        "{argument} was prepared by superpose {value}, and this is {version}",
        "prepare it anew, with superpose.prepare(image)",
    ),
    "infinite-pixels": Message(
        "{argument} has {value} infinite pixels",
        "set them to NaN if they are missing data: np.where(np.isinf({argument}), np.nan, {argument})",
    ),
    "all-missing": Message(
        "{argument} has no pixel to use: {value} of its pixels are NaN, masked or transparent",
        "check how it was read, and that its mask is True where pixels count",
    ),
    "constant-image": Message(
        "{argument} is constant: every pixel that counts is {value}",
        "pass an image with some structure; if it was cropped or masked, check where",
    ),
    "too-large-values": Message(
        "{argument} reaches {value}, and superpose works with values up to 1e15",
        "divide it by a constant first",
    ),
    "too-small-differences": Message(
        "{argument} has pixels that differ by {value} at the most, and superpose works with differences down to 1e-33",
        "multiply it by a constant first",
    ),
    "mask-shape": Message(
        "{argument} has shape {value}, and its image has shape {image}",
        "pass a mask of the image's own shape, True where a pixel counts",
    ),
    "bad-mask": Message(
        "{argument} is {value}, which is no array of booleans",
        "pass a mask of the image's own shape, True where a pixel counts",
    ),
    "mask-empty": Message(
        "{argument} keeps {value} pixels",
        "True means 'use this pixel': if it is the other way round, pass ~{argument}",
    ),
    # --- choices ------------------------------------------------------------------------------------------
    "unknown-name": Message(
        "{argument}={value} is not known",
        "{nearest}choose one of {known}",
    ),
    "no-matrix": Message(
        "{argument} is {value}, which is no MatrixTransform",
        "files, reports, landscapes and starting poses hold a matrix; pictures and points take any transform",
    ),
    "wrong-dimension": Message(
        "{argument}={value} is for {only} dimensions, not for {ndim}",
        "choose one of {known}",
    ),
    "no-search": Message(
        "{argument}={value} is for the engine: a SciPy optimiser, levels or a metric of one's own do not search",
        "leave it out, or leave those out",
    ),
    "needs-constraints": Message(
        "{argument}={value} needs derivatives or constraints that a registration cannot give it",
        "use one of {known}",
    ),
    "no-such-number": Message(
        "{argument} is {value}",
        "pass a whole number from {least} to {most}",
    ),
    "no-derivatives": Message(
        "{argument}={value} has no derivatives, which the engine needs",
        "pass an optimizer that goes without them, such as optimizer='powell'",
    ),
    "not-positive": Message(
        "{argument} is {value}",
        "pass a whole number of {least} or more",
    ),
    "below-least": Message(
        "{argument} is {value}",
        "pass a number of {least} or more",
    ),
    "bad-pixel-size": Message(
        "{argument} is {value}, which is no size of pixels",
        "pass such as '4px' for pixels four times as large, or a number for the longest side in pixels",
    ),
    "out-of-range": Message(
        "{argument} is {value}",
        "pass a number from {low} to {high}",
    ),
    "bad-callable": Message(
        "{argument} returned {value}",
        "it must return {expected}",
    ),
    "no-finite-cost": Message(
        "{argument}={value} gave no finite cost at the starting pose",
        "check that it returns a number for two overlapping images, or pass another initial=",
    ),
    # --- transforms ---------------------------------------------------------------------------------------
    "bad-matrix": Message(
        "{argument} is {value}",
        "pass a {sizes} of finite numbers in (row, column) order whose last row is not all zeros",
    ),
    "behind-horizon": Message(
        "{argument} is {value}, a homography that does not see the point {centre}: it lies on its horizon or behind it",
        "state it about a point that is seen: .about(centre), or centre= when it is made",
    ),
    "bad-linear": Message(
        "{argument} is {value}",
        "pass a 2 x 2 matrix (3 x 3 in 3D) of finite numbers in (row, column) order",
    ),
    "bad-point": Message(
        "{argument} is {value}",
        "pass {count} finite numbers, {axes}",
    ),
    "wrong-family": Message(
        "{argument} is {value}, which is no {family}",
        "pass transform={nearest!r}, or an initial transform of the {family} family",
    ),
    "singular": Message(
        "{argument} is {value}, which cannot be inverted",
        "check the matrix: its determinant is zero",
    ),
    "bad-points": Message(
        "{argument} has shape {value}",
        "pass an array of shape (..., {ndim}) of finite numbers in {axes} order",
    ),
    "points-outside": Message(
        "0 of {value} {argument} lie inside {space} ({extent})",
        "are they {axes}? pass order='{order}'",
        ": ",
    ),
    "few-landmarks": Message(
        "{argument} holds {value} points, too few for a {family} transform",
        "pass at least {least} pairs that do not lie on one line",
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
    # --- results ------------------------------------------------------------------------------------------
    "no-moving-image": Message(
        "{argument} is {value}, and this registration was loaded from a file, which holds no pixels",
        "pass the moving image: registration.warp(image)",
    ),
    "no-images": Message(
        "{argument} is {value}",
        "give it both images first: registration.with_images(fixed, moving)",
    ),
    "other-grid": Message(
        "{argument} has shape {value}, and the moving image had shape {expected}",
        "pass an image on the moving image's grid",
    ),
    "labels-not-integer": Message(
        "{argument} has dtype {value}",
        "labels are whole numbers: pass an integer or boolean array, or use warp() for a picture",
    ),
    "bad-fill": Message(
        "{argument} is {value}, which dtype {dtype} cannot hold",
        "pass a fill value of the image's own range, or convert the image to float first",
    ),
    # --- landscapes and plates ----------------------------------------------------------------------------
    "bad-parameters": Message(
        "{argument} is {value}",
        "name one parameter or two different ones of {known}",
    ),
    "bad-range": Message(
        "{argument} is {value}",
        "pass the lowest value, the highest, and how many: --over -90 90 181",
    ),
    "bad-samples": Message(
        "{argument} is {value}",
        "pass one increasing 1D array of finite numbers for each parameter",
    ),
    "metric-forgotten": Message(
        "{argument} of this registration is {value}, a function that its name does not lead back to",
        "pass the function, or another metric: metric=",
    ),
    "plate-too-small": Message(
        "{argument} has shape {value}, too small to split into three exposures",
        "pass the whole scan, three exposures stacked top to bottom, at least {least} pixels high",
    ),
    "bad-order": Message(
        "{argument} is {value}",
        "pass the letters b, g and r once each, from the top exposure to the bottom one, such as 'bgr'",
    ),
    "colour-plate": Message(
        "{argument} has shape {value} and its channels differ, so it is a colour picture already",
        "pass the grey scan, or one channel of it: {argument}[..., 0]",
    ),
    "nothing-in-common": Message(
        "{argument} is {value}, and no part of the plate lies inside the borders of all three exposures",
        "pass crop=False and look at the picture, or check that the plate is a whole scan",
    ),
    "plate-on-its-side": Message(
        "{argument} has shape {value}, wider than high",
        "turn it if its exposures stand side by side: np.rot90({argument})",
    ),
    # --- files --------------------------------------------------------------------------------------------
    "no-such-file": Message(
        "{argument} is {value}, and there is no such file",
        "check the path and the working folder",
    ),
    "is-a-folder": Message(
        "{argument} is {value}, which is a folder",
        "name a file in it",
    ),
    "no-folder": Message(
        "{argument} is {value}, which is a file and no folder",
        "name a folder, or one that can be made",
    ),
    "unreadable-file": Message(
        "{argument} is {value}, which cannot be read: {reason}",
        "check its permissions, or copy it again if it is damaged",
    ),
    "not-an-image-file": Message(
        "{argument} is {value}, which is no complete PNG, JPEG or TIFF image: {reason}",
        "check that it opens in an image viewer, or copy it again if it is damaged",
    ),
    "several-pages": Message(
        "{argument} is {value}, which holds {pages} images",
        "choose one with {option} (0 to {last})",
    ),
    "no-such-page": Message(
        "{argument} is {value}, and the file holds {pages} images, the first of them 0",
        "pass a page from 0 to {last}",
    ),
    "output-is-input": Message(
        "{argument} is {value}, the same file as the input {other}",
        "name another file: the input would be lost",
    ),
    "same-output": Message(
        "{argument} is {value}, the same file as {other}",
        "name another file: one of the two would be lost",
    ),
    "no-such-folder": Message(
        "{argument} is {value}, and its folder {folder} does not exist",
        "make the folder first, or name another",
    ),
    "unwritable": Message(
        "{argument} is {value}, which cannot be written: {reason}",
        "name a place where you may write, with room on the disk",
    ),
    "unknown-extension": Message(
        "{argument} is {value}, whose extension says no format that superpose writes",
        "use one of {known}",
    ),
    "format-cannot-hold": Message(
        "{argument} is {value}, a format that cannot hold {what}",
        "write a .{better} file instead",
    ),
    "not-a-transform-file": Message(
        "{argument} is {value}, which is no transform saved by superpose: {reason}",
        "pass a file written by Registration.save() or 'superpose align --save-transform'",
    ),
    "bad-threads": Message(
        "{argument} is {value}",
        "pass a whole number of threads, 1 or more, or unset it",
    ),
    # --- the registration itself --------------------------------------------------------------------------
    "small-overlap": Message(
        "{argument} covers only {value} of the smaller image",
        "look at the picture: few pixels say little",
    ),
    "fill": Message(
        "{argument} has {value} of its pixels in a constant fill around the picture, taken for missing",
        "pass a mask that keeps them if they are part of the scene",
    ),
    "mirror-fits-better": Message(
        "{argument} fits better {value}",
        "pass allow_flip=True if a slide may lie upside down",
    ),
    "unreliable": Message(
        "{argument} cannot be told from {other}: its confidence is {value}",
        "look at it before you use it; on_unreliable='ignore' (--accept-unreliable) says that you have",
    ),
    "not-written": Message(
        "{argument} is {value}, and was not written, for the alignment found is not reliable",
        "look at it, and pass --accept-unreliable if it is right",
    ),
    "symmetric": Message(
        "{argument}, {value}, scores almost the same: the image may be symmetric",
        "see it with Registration.at(basin), for a basin of .basins",
    ),
    "periodic": Message(
        "{argument}, {value}, scores almost the same: the image may repeat itself",
        "see it with Registration.at(basin), for a basin of .basins",
    ),
    "no-better": Message(
        "{argument} found is no better than leaving the images as they are: it leads by {value} standard deviations",
        "look at both, and keep the images as they are if in doubt",
    ),
    "few-levels": Message(
        "{argument} has {value} grey levels",
        "pass the image from before it was thresholded, if there is one",
    ),
    "undetermined": Message(
        "{argument} has {value} to determine the transform, and no error can be stated",
        "choose a smaller family with transform=, or images with more structure",
    ),
    "stopped-early": Message(
        "{argument} stopped the descent at level {value} of {levels}",
        "use the transform as a start (initial=), for it is only as fine as that level",
    ),
    "kernel-cache": Message(
        "{argument}, a compiled kernel, could not be read from or written to its cache ({value})",
        "set NUMBA_CACHE_DIR to a folder where you may write, or accept that it is compiled each time",
    ),
    "no-overlap": Message(
        "{argument} leaves {value} of fixed covered by moving",
        "pass an initial= nearer to the truth, or two images of the same scene",
    ),
}


def text(code: str, **fields: object) -> str:
    """Return the sentence of a message, its code in brackets at the end (the docs list them by code)."""
    message = MESSAGES[code]
    shown = {name: _on_one_line(value) for name, value in fields.items()}
    return f"{message.says.format(**shown)}{message.joint}{message.do.format(**shown)} [{code}]"


def _on_one_line(value: object) -> object:
    """Return a long text (an array's, mostly) short, and without line breaks."""
    if not isinstance(value, str):
        return value
    flat = " ".join(line.strip() for line in value.splitlines()) if "\n" in value else value
    return flat if len(flat) <= LONGEST_VALUE else f"{flat[: LONGEST_VALUE // 2]} ... {flat[-LONGEST_VALUE // 4 :]}"


class SuperposeError(Exception):
    """Base of all errors that superpose raises on purpose.

    Parameters
    ----------
    code : str
        Key of `MESSAGES`.
    **fields
        What the message's template names: always ``argument`` and ``value``.
    """

    exit_code = 1

    def __init__(self, code: str, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(text(code, **fields))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.fields)


def _rebuild(cls: type[SuperposeError], code: str, fields: dict[str, object]) -> SuperposeError:
    return cls(code, **fields)


class InputError(SuperposeError, ValueError):
    """An argument or a file cannot be used as it is."""

    exit_code = 2


class UnreliableWarning(UserWarning):
    """The alignment found cannot be trusted: the text is the reason. ``on_unreliable="ignore"`` silences it."""


class UnreliableError(SuperposeError, RuntimeError):
    """The alignment found cannot be trusted, and the caller asked to be stopped by that."""

    exit_code = 3
