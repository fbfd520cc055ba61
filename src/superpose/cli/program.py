"""The program as it is installed: whoever interrupts it is answered in a line, while its modules load, too."""

from __future__ import annotations

import sys


def _interrupted() -> int:
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
        from superpose.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return _interrupted()
    finally:
        ignore_signals()  # nothing is left to be stopped but Python itself


if __name__ == "__main__":
    sys.exit(main())
