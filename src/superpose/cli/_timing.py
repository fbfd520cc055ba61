"""When a job ran, how long it took and what it took of memory: in a file of its own, for outputs are compared."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from superpose._version import versions


class Timing:
    """Begins when it is made."""

    def __init__(self) -> None:
        self._began, self._clock, self._cpu = datetime.now(UTC), time.perf_counter(), time.process_time()

    def as_text(self, **more: Any) -> str:
        """Return a JSON document of what this process took so far, seconds of workers elsewhere left out."""
        said = {
            "format": "superpose timing",
            "began": self._began.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - self._clock, 3),
            "cpu_seconds": round(time.process_time() - self._cpu, 3),
            "peak_memory_bytes": peak_memory(),
            **more,
            "versions": versions(),
        }
        return json.dumps(said, indent=1) + "\n"


def peak_memory() -> int | None:
    """Return the most memory that this process has taken, in bytes; None where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():
        # `ru_maxrss` begins with what the process took that started this one.
        told = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return 1024 * int(told[0]) if told else None
    try:
        import resource
    except ImportError:  # on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) * (1 if sys.platform == "darwin" else 1024)
