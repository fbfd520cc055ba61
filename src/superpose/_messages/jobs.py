"""What can be wrong with what a landscape, a plate, an average or a finer image is made of."""

from __future__ import annotations

from superpose._messages.message import Message

JOBS: dict[str, Message] = {
    "bad-parameters": Message(
        "{argument} is {value}",
        "name one parameter or two different ones of {known}",
    ),
    "bad-range": Message(
        "{argument} is {value}",
        "pass the lowest value, the highest, and how many, two or more: --over -90 90 181",
    ),
    "bad-levels": Message(
        "{argument} is {value}",
        "pass what superpose.pyramid(image) returned: one or more images",
    ),
    "bad-samples": Message(
        "{argument} is {value}",
        "pass one increasing 1D array of finite numbers for each parameter",
    ),
    "too-many-samples": Message(
        "{argument} is {value} values",
        "pass {most} combinations of them at most",
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
    "not-images": Message(
        "{argument} is {value}, and not several images",
        "pass a list of images, volumes or paths, or an array of shape (images, rows, columns)",
    ),
    "few-images": Message(
        "{argument} has {value} entries and fewer than two that can be compared ({reason})",
        "pass two images or more that show things that are alike",
    ),
    "unlike-images": Message(
        "{argument} are of two kinds: {value}, and {expected}",
        "pass images that are alike in that",
    ),
    "no-average": Message(
        "{argument} is {value}: no two images belong together",
        "look at .table for why",
    ),
    "not-stable": Message(
        "the last of {rounds} rounds moved a corner of the {argument} by {value}, so it is not stable yet",
        "pass a larger max_rounds= (--max-rounds), or look at .table for an image that does not belong to the others",
    ),
    "one-channel": Message(
        "{argument} has {value} channels",
        "pass two or more: an array of three axes, a file in colour or of several pages, a list of images",
    ),
    "other-channels": Message(
        "{argument} has {value} channels, and the image {expected}",
        "pass the map of such an image",
    ),
    "channels-left-out": Message(
        "{value} of the {total} channels of {argument} could not be placed: {which}",
        "lay them by a map of beads, use=",
    ),
    "bad-scale": Message(
        "{argument} is {value}",
        "pass how many times finer the image is to be: more than 1, at most {most}",
    ),
    "bad-blur": Message(
        "{argument} is {value}",
        "pass what the lens adds to a pixel's own square, one standard deviation in pixels: 0 to {most}",
    ),
    "no-burst": Message(
        "{argument} has {value} images, and more detail than one shows takes several",
        "pass a burst of four or more: a list of arrays or paths, a folder, an array of shape (frames, rows, columns)",
    ),
    "no-burst-left": Message(
        "{argument} is {value}, which leaves {left} of the frames",
        "keep two or more",
    ),
    "burst-not-placed": Message(
        "fewer than two of the {value} {argument} could be placed; of the first that was not: {reason}",
        "check that they show one scene",
    ),
    "whole-pixels": Message(
        "the {value} {argument} moved by whole pixels only: none shows more than the others do",
        "move the camera a little between them",
    ),
    "whole-pixels-along": Message(
        "the {argument} moved by whole pixels only along {value}, so nothing more is resolved that way",
        "move the camera a little in both directions",
    ),
    "few-frames": Message(
        "{value} {argument} are few for an image {scale} times finer",
        "take {least} or more",
    ),
    "plate-on-its-side": Message(
        "{argument} has shape {value}, wider than high",
        "turn it if its exposures stand side by side: np.rot90({argument})",
    ),
}
