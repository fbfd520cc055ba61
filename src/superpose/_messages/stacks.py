"""What can be wrong with a series of frames, and with the workers that share it."""

from __future__ import annotations

from superpose._messages.message import Message

STACKS: dict[str, Message] = {
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
}
