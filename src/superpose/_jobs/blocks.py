"""Loops over the frames of a series: in blocks of a fixed number of them, whose results are taken in their order.

Whatever looks at all frames is a function at the top level of a module that takes frames, the numbers of a block and a
frozen value with all that is the same for every block, and returns few numbers or an image: so a block may be done by
another thread, process or machine, and the sum over blocks has the same bits wherever that was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from superpose._parallel import ordered_map
from superpose.image import Pixels

Context = TypeVar("Context")
Result = TypeVar("Result")
# A frame by its number, as often as it is asked for.
Frames = Callable[[int], Pixels]
Task = Callable[[Frames, Sequence[int], Context], Result]

# So many frames are one block, whatever the number of threads,
BLOCK = 64
# and so many results wait at most to be taken.
WAITING = 4


def over_blocks(
    task: Task[Context, Result], frames: Frames, numbers: Sequence[int], context: Context, threads: int
) -> Iterator[Result]:
    """Yield what a task returns for each block of the frames of those numbers, in their order."""
    blocks = [numbers[first : first + BLOCK] for first in range(0, len(numbers), BLOCK)]
    for start in range(0, len(blocks), WAITING):
        yield from ordered_map(partial(_done, task, frames, context), blocks[start : start + WAITING], threads)


def _done(task: Task[Context, Result], frames: Frames, context: Context, numbers: Sequence[int]) -> Result:
    return task(frames, numbers, context)
