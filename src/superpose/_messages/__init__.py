"""Every message that superpose can give: a file a section of the documentation's page."""

from __future__ import annotations

from superpose._messages.alignment import ALIGNMENT
from superpose._messages.choices import CHOICES
from superpose._messages.files import FILES
from superpose._messages.images import IMAGES
from superpose._messages.jobs import JOBS
from superpose._messages.message import Message
from superpose._messages.mosaics import MOSAICS
from superpose._messages.results import RESULTS
from superpose._messages.stacks import STACKS
from superpose._messages.transforms import TRANSFORMS

__all__ = ["SECTIONS", "Message"]

# By heading, in the page's order.
SECTIONS: dict[str, dict[str, Message]] = {
    "images": IMAGES,
    "choices": CHOICES,
    "transforms": TRANSFORMS,
    "results": RESULTS,
    "landscapes, plates, averages and bursts": JOBS,
    "stacks": STACKS,
    "mosaics": MOSAICS,
    "files": FILES,
    "the registration itself": ALIGNMENT,
}
