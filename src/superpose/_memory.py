"""How much memory an alignment takes, and whether there is as much: asked before it is too late."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from superpose._checks import as_number, is_whole
from superpose.errors import InputError, shown

# In bytes.
_UNITS = {"B": 1, **{name + "B": 1000**k for k, name in enumerate("KMGT", 1)}}
_UNITS |= {name + "iB": 1024**k for k, name in enumerate("KMGT", 1)}
_UNITS = {name.lower(): size for name, size in _UNITS.items()}


@dataclass(frozen=True)
class MemoryModel:
    """The peak of an alignment, above what the process held before: measured, see ``python -m benchmarks.room``.

    Attributes
    ----------
    first : float
        Bytes a pixel of both images until there are levels to work on.
    held : float
        Bytes a pixel of both that are held then,
    worked : dict of float
        and bytes a pixel of both on the finest level that is worked on, by the kind of metric,
    shared : dict of float
        and so many more where several threads work on both images at once.
    fixed : float
        Bytes whatever the size.
    """

    first: float
    held: float
    worked: dict[str, float]
    shared: dict[str, float]
    fixed: float

    def needed(self, whole: int, worked: int, kind: str, threads: int = 1) -> float:
        """Return how many bytes an alignment by a kind of metric takes, of so many pixels and so many worked on."""
        each = self.worked[kind] + (self.shared.get(kind, 0.0) if threads > 1 else 0.0)
        return self.fixed + max(self.first * whole, self.held * whole + each * worked)


MODELS = {
    2: MemoryModel(15.5, 14.5, {"squared": 10.0, "histogram": 19.0, "orientation": 34.0}, {"orientation": 8.5}, 1e7),
    3: MemoryModel(
        10.0,
        5.0,
        {"squared": 10.5, "histogram": 18.0, "orientation": 17.5},
        {"histogram": 3.0, "orientation": 3.0},
        2e7,
    ),
}


@dataclass(frozen=True)
class Room:
    """How much memory there is, in bytes; infinite where nobody knows."""

    limit: float = float("inf")

    def check(self, ndim: int, whole: int, worked: int, kind: str, threads: int) -> None:
        """Check that an alignment fits; see `MemoryModel.needed`.

        Raises
        ------
        InputError
            If it does not.
        """
        needed = MODELS[ndim].needed(whole, worked, kind, threads)
        if needed > self.limit:
            self.check_held(ndim, whole)
            raise InputError(
                "too-little-memory", argument="register", value=in_words(needed), limit=in_words(self.limit)
            )

    def check_held(self, ndim: int, whole: int) -> None:
        """Check that two images fit, of so many pixels, however little of them is worked on.

        Raises
        ------
        InputError
            If they do not.
        """
        model = MODELS[ndim]
        least = model.fixed + max(model.first, model.held) * whole
        if least > self.limit:
            limit = in_words(self.limit)
            raise InputError("too-large-to-hold", argument="register", value=in_words(least), limit=limit)

    @classmethod
    def of(cls, limit: Any = None) -> Room:
        """Return the room that a user's limit leaves: bytes, or such as "8 GB"; None: what the machine has.

        Raises
        ------
        InputError
            If it is neither.
        """
        if limit is None:
            return cls(available())
        # Who says 3.5 means no bytes.
        number = is_whole(limit) or (isinstance(limit, float) and (limit.is_integer() or limit == float("inf")))
        if number and (size := as_number(limit)) > 0:
            return cls(size)
        if isinstance(limit, str):
            match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", limit)
            unit = _UNITS.get((match[2] or "B").lower()) if match else None
            if match and unit and float(match[1]) > 0:
                return cls(float(match[1]) * unit)
        raise InputError("bad-memory", argument="memory_limit", value=shown(limit))


def in_words(size: float) -> str:
    """Return a number of bytes as people say it."""
    for name, unit in (("GB", 1e9), ("MB", 1e6)):
        if size >= unit:
            return f"{size / unit:.1f} {name}" if size < 100 * unit else f"{size / unit:.0f} {name}"
    return f"{size:.0f} bytes"


def available() -> float:
    """Return how much memory this process may still take, by the machine and its cgroup; infinite if unknown."""
    return min(_of_machine(), _of_cgroup())


def _of_machine() -> float:
    try:
        lines = Path("/proc/meminfo").read_text("ascii")
        match = re.search(r"^MemAvailable:\s+(\d+) kB", lines, re.MULTILINE)
        if match:
            return 1024.0 * int(match[1])
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES"))
    except (OSError, ValueError, AttributeError):  # no Linux, or one that says it otherwise
        return float("inf")


# Of cgroups, second version and first: where they are mounted, what a limit and what is used is called, and what is
# cached and given back on demand.
_VERSIONS = (
    ("", "memory.max", "memory.current", r"^(?:inactive_file|active_file|slab_reclaimable) (\d+)"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", r"^total_(?:inactive_file|active_file) (\d+)"),
)


def _of_cgroup(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> float:
    """Return the least that is left of the limits of this process's cgroup, and of those that it lies in."""
    try:
        lines = [line.split(":", 2) for line in own.read_text("utf-8").splitlines()]
    except (OSError, ValueError):
        lines = []
    left = [float("inf")]
    for mount, *names in _VERSIONS:
        paths = [path for _, kind, path in lines if mount in kind.split(",")] or ["/"]
        folder = (root / mount).joinpath(*Path(paths[0]).parts[1:])
        # Inside a container its own group may be what is mounted, whatever it is called outside.
        inside = [each for each in (folder, *folder.parents) if each.is_relative_to(root / mount)]
        left += [_left_of(each, *names) for each in inside]
    return min(left)


def _left_of(group: Path, limit: str, current: str, cached: str) -> float:
    """Return what is left of one cgroup's limit; infinite where it has none, or does not say."""
    try:
        most = (group / limit).read_text("ascii").strip()
        if most == "max":
            return float("inf")
        used = int((group / current).read_text("ascii"))
        stat = re.findall(cached, (group / "memory.stat").read_text("ascii"), re.MULTILINE)
        return max(0.0, float(int(most) - used + sum(map(int, stat))))
    except (OSError, ValueError):
        return float("inf")
