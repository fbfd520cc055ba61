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
        "pass an array of shape (frames, rows, columns), a list of images or paths, a folder, or a TIFF of pages",
    ),
    "folder-without-frames": Message(
        "{argument} is {value}, a folder without an image in it",
        "name the folder that the images lie in",
    ),
    "no-frames-beside": Message(
        "{value} files or folders beside the {argument} are no images, and were passed over: {which}",
        "take them out of the folder if that is not what you meant",
    ),
    "several-dtypes": Message(
        "the {argument} have several dtypes: {value}",
        "check that their intensities mean the same, and that they belong together",
    ),
    "times-out-of-order": Message(
        "by what their files say, {value} of the {argument} were taken before the one before them: {which}",
        "pass them in the order in which they were taken, if the series has one",
    ),
    "output-among-frames": Message(
        "{argument} is {value}, in the folder of the {folder}, where it would be taken for one of them the next time",
        "name a file in another folder",
    ),
    "frames-of-iterator": Message(
        "{argument} are {value}, which no other process can read",
        "write them to files first, and pass their paths or their folder",
    ),
    "no-scratch": Message(
        "{argument} do not fit in memory, and {value} cannot hold them: {reason}",
        "make room there, or set TMPDIR to a folder on a disk that has room",
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
    "frames-unreadable": Message(
        "{value} of the {total} {argument} cannot be read, and were left out: {which}",
        "copy them again if they are damaged",
    ),
    "sensor-pixels": Message(
        "{value} single pixels of the {argument} stay where they are while the rest moves, and were left out",
        "take a dark frame off, or mask such pixels",
    ),
    "sensor-rim": Message(
        "{value} of the {argument} is a rim that stays where it is while the rest moves, and was left out",
        "pass frames without it, cut to what they show, if more of them is wanted",
    ),
    "sensor-light": Message(
        "the light of the {argument} falls off by {value} across the sensor, and drew them to where it stays: it was"
        " taken off to tell how they move, as far as they show it themselves",
        "divide them by a picture of an even field",
    ),
    "still-doubted": Message(
        "the {argument} lie in one place, but the means of two halves of them cannot be told from chance: the"
        " confidence is {value}",
        "look at them: they may show too little",
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
    "first-left-out": Message(
        "{argument} begin with number {value}, which could not be placed: the finer image lies where frame {kept} does",
        "leave it out by exclude=, or look at .table",
    ),
    "unlike-frames": Message(
        "{argument} has {value}, and a frame before it {expected}",
        "pass frames that are alike, or align each kind of them on its own",
    ),
    "canvas-too-large": Message(
        "{argument} is {value}: all frames cover {size} pixels together, more than {limit}",
        "take the pixels of one frame, canvas='fixed', or of what all frames show, canvas='intersection'",
    ),
    "no-intersection": Message(
        "{argument} is {value}, and there is no pixel that all {frames} frames show",
        "take the pixels of one frame, canvas='fixed', or of all frames, canvas='union'",
    ),
    "taken-for-same-view": Message(
        "{argument} have shape {value}, those that were aligned {expected}: they were taken for the same view in other"
        " pixels",
        "pass frames of the shape that was aligned if they are a part of it",
    ),
    "no-such-channel": Message(
        "{argument} is {value}, and {image} has {channels}",
        "pass the number of one, counted from 0; they lie along a frame's last axis",
    ),
    "not-a-stack-file": Message(
        "{argument} is {value}, which is no result of a stack saved by superpose: {reason}",
        "pass a file written by StackResult.save() or 'superpose stack --save-transforms'",
    ),
    "not-a-mosaic-file": Message(
        "{argument} is {value}, which is no result of a mosaic saved by superpose: {reason}",
        "pass a file written by MosaicResult.save() or 'superpose mosaic --save-transforms'",
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
    "not-a-state": Message(
        "{argument} is {value}, which is no state of a job that superpose left",
        "name another file for it",
    ),
    "other-state": Message(
        "{argument} is {value}, left by a job that differs from this one: {reason}",
        "repeat that one to go on with it, or begin anew with restart=True",
    ),
    "job-runs": Message(
        "{argument} is {value}, which a job that runs now is writing",
        "wait until it has ended, or name another file",
    ),
    "not-a-scheduler": Message(
        "{argument} is {value}",
        "pass the address of a dask scheduler ('tcp://host:8786'), a distributed.Client or an Executor",
    ),
    "no-scheduler": Message(
        "{argument} is {value}, and no dask scheduler answers there: {reason}",
        "check the address, and that the scheduler runs",
    ),
    "no-workers": Message(
        "{argument} is {value}, which has had no worker for {seconds} s",
        "start one or more: dask worker ADDRESS",
    ),
    "other-worker": Message(
        "{argument} has a worker of another superpose than this one, {expected}: {value}",
        "install the same version for all workers",
    ),
    "worker-cannot-read": Message(
        "{argument} has workers that cannot read {value}: {reason}",
        "put the frames and the state where all of them see them by the same path",
    ),
    "lost-workers": Message(
        "{argument} is {value}, which ended or lost its workers again and again: {reason}",
        "look at the workers' own output, and repeat the call: with state= it goes on where it was",
    ),
    "frames-in-memory": Message(
        "{argument} take {value} MB in memory, too much to be sent to workers",
        "save them, and pass the paths",
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
