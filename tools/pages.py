#!/usr/bin/env python3
"""Write what is made from the command line's parser: its manual page, and its completion for shells.

  tools/pages.py            write them
  tools/pages.py --check    name those that are out of date, and exit with 1

They are part of the repository, so that building a wheel needs neither the program nor shtab. Where they go when it is
installed, src/native/CMakeLists.txt says.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from superpose.cli.main import SHELLS, VERBS, parser  # noqa: E402

MANUAL = "docs/superpose.1"
# By shell: where the program itself finds its completion.
COMPLETIONS = {shell: f"src/superpose/cli/completions/superpose.{shell}" for shell in SHELLS}
# What stands for a file in the help; a folder.
FILES = re.compile(r"FIXED|MOVING|FRAMES|OTHER|OUT|PLATE|IMAGES?|FILE|MASK|T\.in|T\.out|.*\.(json|png|html|csv)")
FOLDER = "DIR"
ENVIRONMENT = {
    "SUPERPOSE_THREADS": "How many threads are used where --threads does not say it. No bit of a result depends on it.",
    "SUPERPOSE_CPU": "v2 or v3: which instructions of x86-64 the compiled loops use; default: the newest that the "
    "processor has. No bit of a result depends on it.",
    "NO_COLOR": "Show progress without colours.",
}


def verbs() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each verb."""
    return dict(verbs_of(parser(list(VERBS))).choices)


def verbs_of(top: argparse.ArgumentParser) -> Any:
    """Return the action that holds the verbs of a parser."""
    return next(each for each in top._actions if isinstance(each.choices, dict))


def escaped(text: str) -> str:
    """Return text as roff takes it literally."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def filled(text: str) -> str:
    """Return a paragraph without its line breaks, so that roff makes its own."""
    return escaped(" ".join(text.split()))


def _metavars(action: argparse.Action) -> list[str]:
    if action.nargs == 0:
        return []
    if action.metavar is None:
        return ["{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()]
    return [action.metavar] if isinstance(action.metavar, str) else list(action.metavar)


def _listed(actions: Iterable[argparse.Action]) -> Iterator[str]:
    for action in actions:
        values = "".join(rf" \fI{escaped(each)}\fR" for each in _metavars(action))
        names = ", ".join(rf"\fB{escaped(each)}\fR{values}" for each in action.option_strings)
        yield ".TP"
        yield names or values.strip()
        yield filled((action.help or "") % {"prog": "superpose"})


def _synopsis(verb: str, itself: argparse.ArgumentParser) -> str:
    asked = [each for each in itself._actions if each.required]
    parts = [
        rf"\fB{escaped(each.option_strings[0])}\fR \fI{escaped(_metavars(each)[0])}\fR"
        if each.option_strings
        else rf"\fI{escaped(_metavars(each)[0])}\fR"
        for each in asked
    ]
    return " ".join([rf"\fBsuperpose {verb}\fR", *parts, r"[\fIOPTIONS\fR]"])


def _about(description: str) -> Iterator[str]:
    """Yield what a verb's docstring says, its examples as they are typed."""
    text, _, example = description.strip().partition("\nexample:\n")
    for paragraph in re.split(r"\n\s*\n", text):
        items = re.split(r"^(?=\d+\. )", paragraph, flags=re.MULTILINE)
        for item in filter(None, items):
            yield from (filled(item), ".PP")
    if example:
        yield from ("Example:", ".PP", ".nf", ".RS", escaped(example.strip("\n")), ".RE", ".fi")


def manual() -> str:
    """Return the manual page."""
    lines = [
        r".\" Made by tools/pages.py.",
        '.TH SUPERPOSE 1 "" "superpose" "User commands"',
        ".SH NAME",
        r"superpose \- lay one image exactly over another",
        ".SH SYNOPSIS",
    ]
    found = verbs()
    for verb, itself in found.items():
        lines += [_synopsis(verb, itself), ".br"]
    lines += [r"\fBsuperpose\fR [\fB\-\-help\fR] [\fB\-\-version\fR [\fB\-\-json\fR]]", ".SH DESCRIPTION"]
    lines += [
        "superpose finds the transform that lays one image over another,",
        "resamples images with it, and says whether the alignment can be trusted.",
        "It has one verb for each job.",
        *(each for verb, does in VERBS.items() for each in (".TP", rf"\fB{verb}\fR", filled(does))),
        ".SH OPTIONS",
        *_listed(each for each in parser([])._actions if each.option_strings),
    ]
    for verb, itself in found.items():
        lines += [f".SH {verb.upper()}", *_about(itself.description or ""), ".PP", "Options:"]
        lines += _listed(each for each in itself._actions if "--help" not in each.option_strings)
    lines += [".SH EXIT STATUS"]
    for code in str(parser([]).epilog).removeprefix("Exit codes: ").rstrip(".").split(", "):
        number, _, means = code.partition(" ")
        lines += [".TP", rf"\fB{number}\fR", filled(means)]
    lines += [".SH ENVIRONMENT"]
    for name, means in ENVIRONMENT.items():
        lines += [".TP", rf"\fB{name}\fR", filled(means)]
    return "\n".join(lines) + "\n"


def completion(shell: str) -> str:
    """Return the completion for a shell: verbs, options, files, and the names that an option takes."""
    import shtab

    top = parser(list(VERBS))
    group = verbs_of(top)
    for verb in [each for each in VERBS if " " in each]:
        # Shells complete word by word: here what its first word takes.
        del group.choices[verb]
        group._choices_actions = [each for each in group._choices_actions if each.dest != verb]
    for action in top.every_action():
        if {"--metric", "--transform"}.intersection(action.option_strings):
            # The library checks these names; the help lists them all.
            action.choices = str(action.help).partition(" (")[0].split(", ")
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        if FILES.fullmatch(metavar):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif metavar == FOLDER:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return str(shtab.complete(top, shell=shell, root_prefix="superpose"))


def pages() -> dict[str, str]:
    """Return the text of each file, by its path."""
    return {MANUAL: manual()} | {path: completion(shell) for shell, path in COMPLETIONS.items()}


def main(arguments: list[str]) -> int:
    """Write them, or say which are out of date."""
    options = argparse.ArgumentParser(prog="tools/pages.py", description="Write what is made from the parser.")
    options.add_argument("--check", action="store_true", help="only name those that are out of date")
    check = options.parse_args(arguments).check
    stale = {path: text for path, text in pages().items() if not _same(ROOT / path, text)}
    for path, text in stale.items():
        print(path)
        if not check:
            (ROOT / path).parent.mkdir(exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
    return int(check and bool(stale))


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
