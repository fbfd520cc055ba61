"""Kernels give the same bits whatever processor they are compiled for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import superpose
from tests.kernels.calls import calls


def hashes(level: str) -> list[str]:
    """Return what a process prints whose kernels are those of a level."""
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(Path(superpose.__file__).parents[1]), str(root)])
    environment = os.environ | {"SUPERPOSE_CPU": level, "PYTHONPATH": path}
    command = [sys.executable, "-m", "tests.kernels.calls"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if "which this processor is not" in done.stderr:
        pytest.skip(f"this processor is not {level}")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_kernel_gives_the_same_bits_on_both_levels() -> None:
    baseline, v3 = hashes("v2"), hashes("v3")
    assert (baseline[0], v3[0]) == ("baseline", "v3")
    assert len(v3) == 1 + len(calls())
    assert baseline[1:] == v3[1:]


def test_every_call_writes_something_of_its_own() -> None:
    """Where a call did nothing, the comparison above would show nothing."""
    seen = set()
    for name, call in calls().items():
        before = {output: call.arguments[output].copy() for output in call.outputs}
        call.run()
        for output, old in before.items():
            assert old.dtype == bool or (call.arguments[output] != old).any(), (name, output)
            if output == "out":
                numbers = call.arguments[output].ravel().tolist()
                assert len(set(numbers)) >= min(11, len(numbers)), name
                seen.add(call.arguments[output].tobytes())
    assert len(seen) == len([call for call in calls().values() if "out" in call.outputs])
