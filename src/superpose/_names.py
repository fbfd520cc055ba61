"""Look a name up in a registry, and name the nearest ones when it is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from superpose.errors import InputError

Entry = TypeVar("Entry")


def canonical(name: str) -> str:
    """Return `name` in the spelling of the registries: lower case, words joined by hyphens."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def unknown(argument: str, value: object, known: Iterable[str]) -> InputError:
    """Return the error for a name that is not known, with the nearest known names."""
    known = sorted(known)
    near = difflib.get_close_matches(canonical(value), known, n=2, cutoff=0.5) if isinstance(value, str) else []
    nearest = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
    return InputError("unknown-name", argument=argument, value=repr(value), nearest=nearest, known=", ".join(known))


def lookup(argument: str, value: object, registry: Mapping[str, Entry]) -> Entry:
    """Return ``registry[value]``, in whatever case and with whatever of space, hyphen and underscore it is written.

    Raises
    ------
    InputError
        If `value` is no name of the registry.
    """
    if isinstance(value, str) and canonical(value) in registry:
        return registry[canonical(value)]
    raise unknown(argument, value, registry)
