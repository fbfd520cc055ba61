"""Loops over the frames of a series: in blocks of a fixed number of them, whose results are taken in their order.

Whatever looks at all frames is a function at the top level of a module that takes frames, the numbers of a block and a
frozen value with all that is the same for every block, and returns few numbers or an image: so a block may be done by
another thread, process or machine, and the sum over blocks has the same bits wherever that was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from superpose._jobs.running import Runner
from superpose.image import Pixels

Context = TypeVar("Context")
Result = TypeVar("Result")
# A frame by its number, as often as it is asked for.
Frames = Callable[[int], Pixels]
Task = Callable[[Frames, Sequence[int], Context], Result]

# So many frames are one block, whoever does it.
BLOCK = 64


def over_blocks(
    task: Task[Context, Result],
    frames: Frames,
    numbers: Sequence[int],
    context: Context,
    run: Runner,
    octets: int = 0,
) -> Iterator[Result]:
    """Yield what a task returns for each block of the frames of those numbers, in their order.

    `octets` are those of a result that is an image.
    """
    blocks = [numbers[first : first + BLOCK] for first in range(0, len(numbers), BLOCK)]
    return run.map(task.__name__, _OfBlock(task, frames, context), blocks, octets)


@dataclass(frozen=True, eq=False)
class _OfBlock(Generic[Context, Result]):
    task: Task[Context, Result]
    frames: Frames
    context: Context

    def __call__(self, numbers: Sequence[int]) -> Result:
        return self.task(self.frames, numbers, self.context)


@dataclass(frozen=True, eq=False)
class Some:
    """Some frames of a series, by their places among these."""

    frames: Frames
    numbers: Sequence[int]

    def __call__(self, place: int) -> Pixels:
        """Return a frame."""
        return self.frames(self.numbers[place])
