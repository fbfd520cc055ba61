"""What can be wrong with an image or its mask."""

from __future__ import annotations

from superpose._messages.message import Message

IMAGES: dict[str, Message] = {
    "not-an-image": Message(
        "{argument} is {value}, which is not an array of numbers",
        "pass a NumPy array of integers, floats or booleans, a picture of Pillow's, or the path of an image",
    ),
    "unreadable-picture": Message(
        "{argument} is {value}, a picture of Pillow's that cannot be read: {reason}",
        "convert it first, with {argument}.convert('RGB') or .convert('L')",
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
        "pass a 2D image (rows, columns), a colour image (rows, columns, 3 or 4), or a volume (planes, rows, columns)",
    ),
    "not-2d": Message(
        "{argument} has shape {value}",
        "pass a 2D image (rows, columns), or a colour image (rows, columns, 3 or 4); of a volume one plane: volume[k]",
    ),
    "other-rank": Message(
        "{argument} is {value}, and fixed is {fixed}",
        "pass two images or two volumes: of a volume one plane is volume[k], and channel_axis=None says that an array"
        " is not in colour",
    ),
    "elsewhere": Message(
        "{argument} lies on a grid of its own, {value}, and {image} on {expected}",
        "bring it onto that grid first, or pass its pixels, image.array, if they are the same ones",
    ),
    "unlike-extents": Message(
        "{argument} spans {value} and fixed {fixed}: that is no pair in one unit",
        "check both spacings, and bring them to one unit (mm, not µm)",
    ),
    "single-axis": Message(
        "{argument} has shape {value}, whose axis {axis} has one pixel only",
        "drop that axis: np.squeeze({argument}, axis={axis})",
    ),
    "few-planes": Message(
        "{argument} has shape {value}, whose axis {axis} has {count} pixels only, too few for a volume",
        "pass channel_axis={axis} if that axis holds colours, or one of its planes",
    ),
    "bad-channel-axis": Message(
        "{argument} is {value}, and the array has shape {shape}",
        "pass the number of its axis that holds colours or channels, or None if it has none",
    ),
    "several-channels": Message(
        "{argument} has shape {value} and {count} channels along axis {axis}",
        "align by one of them, and then resample all: result.warp(image, channel_axis={axis})",
    ),
    "channels-first": Message(
        "{argument} has shape {value}, and {image} {expected}",
        "pass channel_axis=0 if its first axis holds channels",
    ),
    "taken-for-volume": Message(
        "{argument} has shape {value}, and was taken for a volume of {count} planes",
        "pass channel_axis=0 if these are colours, or channel_axis=None to say that they are not",
    ),
    "taken-for-colour": Message(
        "{argument} has shape {value}, and was taken for an image in colour",
        "pass channel_axis=None if it is a volume, or channel_axis=2 to say that it is not",
    ),
    "like-labels": Message(
        "{argument} is {value}, which looks like labels, and order={order} takes means of them",
        "use .warp_labels(image) (--labels), or order=0",
    ),
    "unlike": Message(
        "{argument} has the shape {value}, and the image {expected}",
        "pass what lies on the image's own pixels",
    ),
    "image-of-image": Message(
        "{argument} is {value}, which has a grid already",
        "pass its pixels, {argument}.array",
    ),
    "different-shapes": Message(
        "{argument} have different shapes, {value}",
        "bring one onto the other's grid first, with Registration.warp()",
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
    "two-masks": Message(
        "{argument} is {value}, and {image} is an Image with a mask of its own",
        "pass one of the two, or both as one: mask & other",
    ),
    "prepared-image": Message(
        "{argument} is {value}, and an array is asked for here",
        "pass the pixels it was prepared from: {argument}.array",
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
    "scattered-pixels": Message(
        "{argument} has {value} of its pixels missing ({missing}), and what is left lies too far apart to align",
        "make it coarser first, such as by the mean of what counts in each block of pixels",
    ),
    "constant-image": Message(
        "{argument} is constant: every pixel that counts is {value}",
        "pass an image with some structure; if it was cropped or masked, check where",
    ),
    "too-large-values": Message(
        "{argument} reaches {value}, and superpose works with values up to {most}",
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
    "mask-weights": Message(
        "{argument} is of floats, which are weights from 0 to 1, and {value} are not",
        "divide it by its largest value, or say what counts: ({argument} > 0)",
    ),
    "no-weights": Message(
        "{argument} is {value}, and here a pixel counts or does not",
        "say from where on it counts, such as {argument} > 0.5",
    ),
    "bad-grid": Message(
        "{argument} of the grid is {value}",
        "pass {expected} instead",
    ),
    "nowhere-together": Message(
        "{argument} have {value} pixels that count in both",
        "check where each is NaN or masked, and where the mask is True",
    ),
    "mask-elsewhere": Message(
        "{argument} lies {value}: by its grid nothing that counts of it is on a pixel of its image",
        "correct its header, or pass its array alone if it is of the image's own pixels",
    ),
    "mask-empty": Message(
        "{argument} keeps {value} pixels",
        "True, or not 0, means 'use this pixel': if it is the other way round, invert it (~{argument})",
    ),
    "bad-geometry": Message(
        "{argument} is {value}, whose grid cannot be used: {reason}",
        "correct its header, or pass the pixels as superpose.Image(array, spacing=..., origin=..., direction=...)",
    ),
    "unknown-unit": Message(
        "{argument} is {value}, of which it is not known how many millimetres it is",
        "say it in one of {expected}",
    ),
    "unit-of-initial": Message(
        "{argument} is measured in {value}, and the images in {unit}: it is not known how many of one the other is",
        "pass its matrix with the shift in the images' unit",
    ),
    "not-of-library": Message(
        "{argument} is {value}, which is not {kind}",
        "pass one, or superpose.Image(array)",
    ),
    "several-numbers": Message(
        "{argument} is {value}, and images have one, or are 2D in colour",
        "pass one of its components",
    ),
    "series": Message(
        "{argument} has shape {value}, a series of volumes",
        "pass one of them, image.slicer[..., k] with k from 0 to {last}",
    ),
    "qform-differs": Message(
        "{argument} is {value}, whose sform and qform say places up to {distance} mm apart",
        "its sform was taken; if that is the wrong one, correct its header",
    ),
    "no-orientation": Message(
        "{argument} is {value}, whose header has neither a qform nor a sform",
        "its axes were taken to run to the left, to the front and up, with the middle of the volume at (0, 0, 0)",
    ),
    "unit-assumed": Message(
        "{argument} is {value}, whose lengths are in {unit}, of which it is not known how many millimetres it is",
        "they were taken for {taken}",
    ),
    "spacing-assumed": Message(
        "{argument} is {value}, which does not say how far apart its {missing} are",
        "that was taken to be {taken}",
    ),
    "no-space": Message(
        "{argument} is {value}, whose header names no space",
        "its axes were taken for left, posterior, superior",
    ),
    "one-plane": Message(
        "{argument} is {value}, a volume of one plane",
        "it was taken for a 2D image with that plane's spacing; where the plane lies in space was left out",
    ),
}
