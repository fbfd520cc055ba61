"""Measure in processes of their own: what one call adds to the memory held, and what it takes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Before the call counted, a small one gets rid of imports and compilation. On Linux the process's high-water mark is
# then lowered to what it holds, for importing and compiling took more than registering a small pair does, and it is
# read where it is that of this program: `ru_maxrss` begins there with that of the process that started it.
COUNTED = """
import json, resource, sys, time
from pathlib import Path
status = Path("/proc/self/status")
def peak():
    if status.exists():
        return 1024 * int(status.read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
def counted(call, small):
    call(*small)
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass
    before, wall, cpu = peak(), time.perf_counter(), time.process_time()
    matrix = call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"seconds": wall, "cpu": cpu, "peak": peak() - before, "matrix": matrix}))
"""

REGISTER = (
    COUNTED
    + """
import numpy as np, superpose
images, threads = [np.load(path) for path in sys.argv[1:3]], int(sys.argv[3])
step = max(1, min(images[0].shape) // 128)
def call(*pair):
    return superpose.register(*(pair or images), threads=threads).transform.matrix.tolist()
counted(call, [each[::step, ::step].copy() for each in images])
"""
)


def run(code: str, *arguments: str, **environment: str) -> Any:
    """Run Python code in a process of its own and return the JSON of its last line."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | environment)
    return json.loads(done.stdout.splitlines()[-1])


def register(fixed: Path, moving: Path, threads: int) -> dict[str, Any]:
    """Return seconds, processor seconds, bytes and matrix of one call of `superpose.register` on two .npy files."""
    found: dict[str, Any] = run(REGISTER, str(fixed), str(moving), str(threads))
    return found


def processor_seconds(command: Sequence[str | Path], **options: Any) -> float:
    """Return what a process takes, and what those take that it waits for; `options` are those of `subprocess.run`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
