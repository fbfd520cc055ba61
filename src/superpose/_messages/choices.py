"""What can be wrong with an argument that chooses how to align."""

from __future__ import annotations

from superpose._messages.message import Message

CHOICES: dict[str, Message] = {
    "unknown-name": Message(
        "{argument}={value} is not known",
        "{nearest}choose one of {known}",
    ),
    "unknown-argument": Message(
        "{argument}={value} is no argument of {function}",
        "{nearest}it takes {known}",
    ),
    "unnamed-argument": Message(
        "{argument} takes no argument in place {place}, which is {value}",
        "{way} leave it out",
    ),
    "argument-twice": Message(
        "{argument} of {function} is {value}",
        "pass it once, by place or by name",
    ),
    "missing-argument": Message(
        "{argument} of {function} is {value}",
        "pass it: it has no default",
    ),
    "wrong-dimension": Message(
        "{argument}={value} is for {only} dimensions, not for {ndim}",
        "choose one of {known}",
    ),
    "kept-as-json": Message(
        "{argument} is {value}, and an alignment is kept as JSON",
        "write a .json file, and from that one of ITK's: superpose convert pose.json pose.tfm",
    ),
    "too-little-memory": Message(
        "{argument} needs about {value}, and {limit} is the limit (memory_limit=; unless given, what is free)",
        "pass work_at='2px' (--work-at) to work on larger pixels, or a larger memory_limit= (--memory-limit)",
    ),
    "too-large-to-hold": Message(
        "{argument} needs about {value} to hold both images, and {limit} is the limit (memory_limit=; unless given,"
        " what is free)",
        "pass 2D images to superpose.register_large, which reads them a part at a time, or a larger memory_limit="
        " (--memory-limit)",
    ),
    "bad-memory": Message(
        "{argument} is {value}, which is no size of memory",
        "pass a number of bytes, or such as '8 GB'",
    ),
    "no-search": Message(
        "{argument}={value} is for the engine: a SciPy optimiser, levels or a metric of one's own do not search",
        "leave it out, or leave those out",
    ),
    "too-small-to-search": Message(
        "{argument}={value} is for the engine, and an image {side} pixels wide is too small for it",
        "leave it out, or pass images of at least {least} pixels along each axis",
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
    "not-above-zero": Message(
        "{argument} is {value}",
        "pass a number above 0",
    ),
    "not-a-flag": Message(
        "{argument} is {value}",
        "pass True or False (for progress=, a callable will do as well)",
    ),
    "not-text": Message(
        "{argument} is {value}, which is no text",
        "pass a string, or leave it out",
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
    "callable-raised": Message(
        "{argument} raised {value}",
        "look at the error's __cause__ for where, and correct it",
    ),
    "bins-twice": Message(
        "{argument} is {value}, and metric={metric} has bins of its own",
        "pass one of the two only",
    ),
    "bad-metric": Message(
        "{argument}={value} has {field}={given}",
        "set its {field} to {expected}",
    ),
    "no-finite-cost": Message(
        "{argument}={value} gave no finite cost at the starting pose",
        "check that it returns a number for two overlapping images, or pass another initial=",
    ),
}
