"""The program as it is installed: whoever interrupts it is answered in a line, while its modules load, too."""

from __future__ import annotations

import os
import sys


def _open_standard_streams() -> None:
    """Let no file that is written take the place of one that is closed, where libraries in C say what they find."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _interrupted() -> int:
    if sys.stderr is not None:
        sys.stderr.write("superpose: interrupted\n")
    return 130


try:
    from superpose.cli._signals import hear_signals, ignore_signals
except KeyboardInterrupt:
    sys.exit(_interrupted())


def main() -> int:
    """Run the program, as a process of its own; return its exit code."""
    try:
        hear_signals(loading=True)
        _open_standard_streams()
        from superpose.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return _interrupted()
    finally:
        ignore_signals()  # nothing is left to be stopped but Python itself


if __name__ == "__main__":
    sys.exit(main())
