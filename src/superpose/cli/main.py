"""The program ``superpose``: one file a verb, exit codes from the errors."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import itertools
import json
import logging
import os
import re
import shlex
import sys
import warnings
from collections.abc import Callable, Collection, Sequence
from enum import IntEnum
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from superpose._version import __version__
from superpose.cli._signals import signals_unwind
from superpose.cli._words import error_in_shell_words, finding
from superpose.errors import AssumptionWarning, SuperposeError, UnreliableWarning, text

# In the order of the help, of one word or two. Each is a module of this folder: its docstring is the verb's help,
# `add_arguments` says what it takes and `run` does it. Only the one asked for is imported, so that help comes at once.
VERBS = {
    "align": "lay one image on another",
    "apply": "resample a further image by an alignment that was saved",
    "stack": "lay the frames of a series on each other",
    "stack apply": "take further frames along with a stack that was saved",
    "average": "average images of which none is the reference",
    "super-resolve": "make one finer image of the frames of a burst",
    "mosaic": "lay images side by side that overlap at their borders",
    "mosaic apply": "lay further images as those of a mosaic that was saved",
    "plate": "make a colour picture of a glass plate's three exposures",
    "align-channels": "lay an image's channels on each other",
    "landscape": "draw how a metric changes with the pose",
    "info": "say what is in an image or a volume",
    "convert": "write a transform in another format",
    "demo": "do all of it on photographs that come along",
}


# What is typed in the place of some options.
WORDS = {"help": "--help", "version": "--version", "-v": "--version", "-V": "--version", "-?": "--help"}
# For which tools/pages.py writes completions.
SHELLS = ("bash", "zsh", "fish")


class ExitCode(IntEnum):
    """How the program ends where no error of superpose's says so."""

    USAGE = 2
    INTERRUPTED = 130
    # What the shell calls the end of a program whose reader has gone (128 + SIGPIPE).
    READER_GONE = 141


class Parser(argparse.ArgumentParser):
    """A parser that names the nearest verb or option of one that is not known."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and what was perhaps meant."""
        if message.startswith("unrecognized arguments:"):
            typed = message.split()[2].partition("=")[0]
            near = [WORDS[typed]] if typed in WORDS else difflib.get_close_matches(typed, self.every_option(), n=1)
            message += f"; did you mean {near[0]}?" if near else ""
            if typed.startswith("-") and not near and os.path.lexists(typed):
                message += f"; a file of that name is ./{typed}"
        super().error(message)

    def every_option(self) -> list[str]:
        """Return the options of this parser and of its verbs, as they are typed."""
        return [each for action in self.every_action() for each in action.option_strings]

    def every_action(self) -> list[argparse.Action]:
        """Return the actions of this parser and of its verbs."""
        verbs = [each.choices.values() for each in self._actions if isinstance(each.choices, dict)]
        return [*self._actions, *(action for group in verbs for verb in group for action in verb._actions)]


class PrintCompletion(argparse.Action):
    """Print the completion for a shell, and end."""

    def __call__(self, parser: argparse.ArgumentParser, _namespace: object, values: Any, _option: Any = None) -> None:
        """Do it."""
        from superpose.cli._output import say

        say(Path(__file__).with_name("completions").joinpath(f"superpose.{values}").read_text("utf-8"), end="")
        parser.exit()


def _meant(given: Sequence[str]) -> str:
    """Return the command that was perhaps meant where the first word is no verb, or nothing."""
    word, *rest = given
    if word in WORDS and not word.startswith("-"):
        return shlex.join(["superpose", *(each for each in rest[:1] if each in VERBS), WORDS[word]])
    if word in VERBS or word.startswith("-"):
        return ""
    near = difflib.get_close_matches(word, VERBS, n=1)
    if near:
        return shlex.join(["superpose", near[0], *rest])
    return shlex.join(["superpose", "align", *given]) if rest else ""


def _unknown_option(given: Sequence[str], known: Collection[str]) -> str:
    """Return what was typed like an option and is none, or nothing: asked before what is missing without it."""
    for word in itertools.takewhile("--".__ne__, given):
        typed = word.partition("=")[0]
        number = re.fullmatch(r"-[\d.].*|-inf|-nan", word, re.IGNORECASE)
        if word.startswith("-") and word != "-" and not number and typed not in known and word[:2] not in known:
            return word
    return ""


def parser(arguments: Sequence[str]) -> Parser:
    """Return the parser; only the verbs that `arguments` name get their options."""
    description = """\
Lay one image exactly over another.

  superpose align fixed.png moving.png -o aligned.png
  superpose plate scan.tif -o colour.tif
  superpose VERB --help
"""
    shared: dict[str, Any] = {
        "epilog": "Exit codes: 0 done, 2 bad input or usage, 3 not reliable, 130 interrupted.",
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }
    top = Parser("superpose", description=description, **shared)
    version = f"superpose {__version__}"
    told = "print the version; with --json those of all that superpose uses, and of the machine: for reports of errors"
    top.add_argument("--version", action="version", version=version, help=told)
    told = "print what completes verbs and options in that shell"
    top.add_argument("--completion", action=PrintCompletion, choices=SHELLS, metavar="SHELL", help=told)
    verbs = top.add_subparsers(metavar="VERB", required=True)
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, **shared)
        if name in arguments:
            module = import_module(f"superpose.cli.{name.replace(' ', '_').replace('-', '_')}")
            verb.description = module.__doc__
            module.add_arguments(verb)
            verb.set_defaults(run=module.run)
    return top


def _told(otherwise: Callable[..., None]) -> Callable[..., None]:
    """Return what shows a warning: one of what was assumed as a line of our own."""

    def show(message: Warning, category: type[Warning], *place: Any) -> None:
        if issubclass(category, AssumptionWarning):
            _tell(finding(str(message)))
        else:
            otherwise(message, category, *place)

    return show


def _tell(said: str) -> None:
    """Print to standard error, if anything can be said there."""
    with contextlib.suppress(OSError):
        if sys.stderr is not None:
            print(f"superpose: {said}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        The exit code.
    """
    typed = list(sys.argv[1:] if arguments is None else arguments)
    given = [" ".join(typed[:2]), *typed[2:]] if " ".join(typed[:2]) in VERBS else typed
    # tifffile logs each thing that is wrong with a damaged file; superpose's own message says it in one sentence.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    named: list[str] = []
    try:
        top = parser(given)
        named = [each.dest for each in top.every_action() if each.option_strings]
        if not given:
            top.print_help()
            return 0
        if set(given) == {"--version", "--json"}:
            from superpose.cli import _output, _versions

            _output.say(json.dumps(_versions.document(), indent=1))
            return 0
        if meant := _meant(given):
            top.error(f"{given[0]!r} is no verb; did you mean: {meant}")
        if unknown := _unknown_option(given, top.every_option()):
            top.error(f"unrecognized arguments: {unknown}")
        options = top.parse_args(given)
        options.command = shlex.join(["superpose", *typed])
        with signals_unwind(), warnings.catch_warnings():
            warnings.simplefilter("ignore", UnreliableWarning)  # verbs say it in lines of their own
            warnings.simplefilter("always", AssumptionWarning)
            warnings.showwarning = _told(warnings.showwarning)
            status = int(options.run(options))
        if sys.stdout is not None:
            sys.stdout.flush()
    except SuperposeError as error:
        _tell(f"error: {error_in_shell_words(error, named)}")
        return error.exit_code
    except MemoryError as error:
        said = text("out-of-memory", argument=f"superpose {given[0]}", value=str(error) or "none left")
        _tell(f"error: {said}")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        _tell("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Else the interpreter, as it ends, tries to write the rest of the buffer and complains again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.READER_GONE
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.USAGE
    return status


if __name__ == "__main__":
    from superpose.cli.program import main as program

    sys.exit(program())
