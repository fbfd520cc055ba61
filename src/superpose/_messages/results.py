"""What a finished registration cannot give, or not without another package."""

from __future__ import annotations

from superpose._messages.message import Message

RESULTS: dict[str, Message] = {
    "no-moving-image": Message(
        "{argument} is {value}, and this registration was loaded from a file, which holds no pixels",
        "pass the moving image: registration.warp(image)",
    ),
    "no-images": Message(
        "{argument} is {value}",
        "give it both images first: registration.with_images(fixed, moving)",
    ),
    "other-grid": Message(
        "{argument} has shape {value}, and the {image} image had shape {expected}",
        "pass an image on the {image} image's grid",
    ),
    "labels-not-integer": Message(
        "{argument} has dtype {value}",
        "labels are whole numbers: pass an integer or boolean array, or use warp() for a picture",
    ),
    "not-a-basin": Message(
        "{argument} is {value}, which is no Basin",
        "pass one of the registration's .basins, or the .basin of one of .explained",
    ),
    "bad-fill": Message(
        "{argument} is {value}, which dtype {dtype} cannot hold",
        "pass a fill value of the image's own range, or convert the image to float first",
    ),
    "no-matrix": Message(
        "{argument} is {value}, which is no MatrixTransform",
        "files, reports, landscapes and starting poses hold a matrix; pictures and points take any transform",
    ),
    "missing-package": Message(
        "{argument} needs {value}, which is not installed",
        'install it: pip install "superpose[{extra}]"',
    ),
    "kernels-missing": Message(
        "{argument} was not built: its compiled kernels are missing ({value})",
        "install it from its folder: pip install . (or make demo, which brings a compiler)",
    ),
}
