"""What can be wrong with what a landscape, a plate or a stack is made of."""

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
    "not-frames": Message(
        "{argument} is {value}, and not a series of images",
        "pass an array of shape (frames, rows, columns), a list of images or paths, or the path of a TIFF of pages",
    ),
    "no-frames": Message(
        "{argument} has {value} frames and none that can be compared ({reason})",
        "pass two frames or more that show something",
    ),
    "no-frame-placed": Message(
        "none of the {value} {argument} could be placed; of the first: {reason}",
        "check that they show one scene, in their order",
    ),
    "no-image-placed": Message(
        "no two of the {value} {argument} belong together; of the first: {reason}",
        "check that they show things that are alike",
    ),
    "no-such-frame": Message(
        "{argument} is {value}, and there are {total} frames",
        "pass the number of one, counted from 0",
    ),
    "other-count": Message(
        "{argument} has {value} entries, and {expected} frames were aligned",
        "pass one for each frame, in the frames' order",
    ),
    "no-transform": Message(
        "{argument} has an entry {value}",
        "pass for each frame what .transforms of a result of superpose.stack has: a MatrixTransform or None",
    ),
    "frames-left-out": Message(
        "{value} of the {total} {argument} could not be placed: {which}",
        "look at .table; the others are aligned",
    ),
    "sensor-pixels": Message(
        "{value} single pixels of the {argument} stay where they are while the rest moves, and were left out",
        "take a dark frame off, or mask such pixels",
    ),
    "part-still": Message(
        "the {argument} lie in one place, and yet a part of what {value} show moves",
        "mask what stays where it is on the sensor, if the scene is what moves",
    ),
    "excluded-reference": Message(
        "{argument} is {value}, a frame that is excluded",
        "name another frame, or 'global'",
    ),
    "reference-left-out": Message(
        "{argument} is {value}, a frame that could not be placed: the place of all frames on average is kept",
        "name another frame",
    ),
    "unlike-frames": Message(
        "{argument} has {value}, and a frame before it {expected}",
        "pass frames that are alike, or align each kind of them on its own",
    ),
    "wide-series": Message(
        "the {argument} cover {value} pixels together, too many to be held: only links between them place them",
        "align parts of the series for what is more exact",
    ),
    "one-frame": Message(
        "of the {value} {argument} only one can be compared, and it stays where it is",
        "pass two frames or more that show something",
    ),
    "same-frames": Message(
        "{value} of the {argument} have the very pixels of an earlier one: {which}",
        "check that the series was saved as it was taken",
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
        "{argument} has {value}, and an image before it {expected}",
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
    "plate-on-its-side": Message(
        "{argument} has shape {value}, wider than high",
        "turn it if its exposures stand side by side: np.rot90({argument})",
    ),
}
