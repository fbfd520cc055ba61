"""What can be wrong with a file."""

from __future__ import annotations

from superpose._messages.message import Message

FILES: dict[str, Message] = {
    "not-a-path": Message(
        "{argument} is {value}, which is no path",
        "pass a string or a pathlib.Path of names up to 255 bytes, without NUL",
    ),
    "no-such-file": Message(
        "{argument} is {value}, and there is no such file",
        "check the path and the working folder",
    ),
    "is-a-folder": Message(
        "{argument} is {value}, which is a folder",
        "name a file in it",
    ),
    "store-exists": Message(
        "{argument} is {value}, a Zarr that is there already, and none is overwritten",
        "name another one, or remove it first",
    ),
    "cut-off-file": Message(
        "{argument} is {value}, which is cut off after {pages} pages: {reason}",
        "copy it again for those that follow",
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
        "{argument} is {value}, which is no complete image file: {reason}",
        "check that another program opens it, or copy it again if it is damaged",
    ),
    "not-read-yet": Message(
        "{argument} is {value}, {kind}, which is not read yet",
        "save it as a TIFF, PNG or .npy file in grey or RGB first",
    ),
    "needs-codecs": Message(
        "{argument} is {value}, whose {what} only the package imagecodecs decodes, which is not installed",
        'install it: pip install "superpose[codecs]"',
    ),
    "too-many-pixels": Message(
        "{argument} is {value}, which says that it has {pixels} pixels, more than the {limit} that are read"
        " (max_pixels)",
        "pass a larger max_pixels= (--max-pixels) if it is as large as that",
    ),
    "no-memory": Message(
        "{argument} is {value}, and there is not enough memory to read it",
        "cut it or make it smaller, or use a computer with more memory",
    ),
    "out-of-memory": Message(
        "{argument} needs more memory than there is ({value})",
        "pass smaller images, or use a computer with more memory",
    ),
    "bad-slices": Message(
        "{argument} is {value}, a DICOM series whose slices make no volume: {reason}",
        "complete the folder, and move what belongs to another series out of it",
    ),
    "several-pages": Message(
        "{argument} is {value}, which holds {pages} images",
        "choose one with {option} (0 to {last})",
    ),
    "several-volumes": Message(
        "{argument} is {value}, a series of {pages} volumes",
        "choose one with {option} (0 to {last}), or take one after the other from superpose.read_series(path)",
    ),
    "no-such-page": Message(
        "{argument} is {value}, and the file holds {pages} images, the first of them 0",
        "pass a page from 0 to {last}",
    ),
    "axis-not-chosen": Message(
        "{argument} is {value}, whose axis {axis} has {size} elements",
        "choose one with {option} (0 to {last})",
    ),
    "no-such-choice": Message(
        "{argument} is {value}, and the file has {count} {what}",
        "pass a number from 0 to {last}",
    ),
    "nothing-to-choose": Message(
        "{argument} is {value}, and {file} is no OME-Zarr",
        "leave it out, and take of the pixels what you need",
    ),
    "page-of-no-file": Message(
        "{argument} is {value}, and {image} is no path: only files hold pages",
        "leave it out, or pass the path of a file",
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
    "partly-written": Message(
        "{argument} is {value}, which cannot be written: {reason}; already in place: {placed}",
        "repeat the call, or remove what is in place",
    ),
    "unknown-extension": Message(
        "{argument} is {value}, whose extension says no format that superpose writes",
        "use one of {known}",
    ),
    "format-cannot-hold": Message(
        "{argument} is {value}, a format that cannot hold {what}",
        "write a .{better} file instead",
    ),
    "named-format-cannot-hold": Message(
        "{argument} is to be {value}, a format that cannot hold {what}",
        "write it as {better} instead",
    ),
    "pixels-too-wide": Message(
        "{argument} is {value}, and no format has {dtype} pixels that others read",
        "convert them first, with .astype(np.float64)",
    ),
    "standard-input-twice": Message(
        "{argument} is {value}, and standard input is {other} already",
        "name a file for one of them",
    ),
    "standard-output-taken": Message(
        "{argument} is {value}, standard output, where {other} goes, too",
        "name a file, or leave one of them out",
    ),
    "no-format": Message(
        "{argument} is {value}, standard output, which has no extension that says a format",
        "say it, such as --format png",
    ),
    "no-standard-stream": Message(
        "{argument} is {value}, and {reason}",
        "name a file",
    ),
    "not-a-transform-file": Message(
        "{argument} is {value}, which is no transform saved by superpose: {reason}",
        "pass a file written by Registration.save() or 'superpose align --save-transform'",
    ),
    "no-output-grid": Message(
        "{argument} is {value}, a transform alone, which does not say on which pixels the output lies",
        "name an image that lies on them, with --like FIXED",
    ),
    "bad-threads": Message(
        "{argument} is {value}",
        "pass a whole number of threads, 1 or more, or unset it",
    ),
}
