"""Look names up, of choices in a registry and of arguments, and name the nearest ones of those that are not known."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from types import FunctionType
from typing import Any, TypeVar, overload

from superpose.errors import InputError, shown

Entry = TypeVar("Entry")
Public = TypeVar("Public")
NO_ALIASES: Mapping[str, str] = {}


def canonical(name: str) -> str:
    """Return `name` in the spelling of the registries: lower case, words joined by hyphens."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def unknown(argument: str, value: object, known: Iterable[str], aliases: Mapping[str, str] = NO_ALIASES) -> InputError:
    """Return the error for a name that is not known, with the nearest known names."""
    known = sorted(known)
    near = did_you_mean(canonical(value), known, aliases) if isinstance(value, str) else ""
    return InputError("unknown-name", argument=argument, value=shown(value), nearest=near, known=", ".join(known))


def did_you_mean(name: str, known: Collection[str], aliases: Mapping[str, str] = NO_ALIASES, sign: str = "{!r}") -> str:
    """Return the question after the nearest of the names that are known, or nothing if none is near."""
    near = difflib.get_close_matches(name, [*known, *aliases], n=2, cutoff=0.5)
    names = dict.fromkeys(aliases.get(each, each) for each in near)
    return f"did you mean {' or '.join(map(sign.format, names))}? " if names else ""


def lookup(
    argument: str, value: object, registry: Mapping[str, Entry], aliases: Mapping[str, str] = NO_ALIASES
) -> Entry:
    """Return ``registry[value]``, in whatever case and with whatever of space, hyphen and underscore it is written.

    Raises
    ------
    InputError
        If `value` is no name of the registry, nor another word for one.
    """
    if isinstance(value, str):
        name = canonical(value)
        name = aliases.get(name, name)
        if name in registry:
            return registry[name]
    raise unknown(argument, value, registry, aliases)


def name_of(function: object) -> str:
    """Return the own name of something that can be called."""
    try:
        name = function.__name__  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 (an object's own __getattr__ may raise anything)
        name = None
    return name if isinstance(name, str) else type(function).__name__


@overload
def public(function: Public, /) -> Public: ...
@overload
def public(**words: Collection[str]) -> Callable[[Public], Public]: ...
def public(function: Any = None, /, **words: Collection[str]) -> Any:
    """Return a public function, or a class of public methods, that answers calls which do not fit by errors of ours.

    Parameters
    ----------
    function : callable
        A function; or a class, of which that holds for `__init__`, `__call__` and the methods without an underscore.
    **words : collection of str
        By argument that has to be named: the words for it, by which it is known where its name was left out.
    """
    if function is None:
        return lambda given: public(given, **words)
    if isinstance(function, type):
        for name, each in list(vars(function).items()):
            if isinstance(each, FunctionType) and (name in ("__init__", "__call__") or name[0] != "_"):
                setattr(function, name, public(each))
        return function
    known = inspect.signature(function)
    wanted: Callable[..., Any] = function

    @wraps(wanted)
    def called(*args: Any, **named: Any) -> Any:
        try:
            return wanted(*args, **named)
        except TypeError:
            problem = _misfit(wanted, known, args, named, words)
            if problem is None:
                raise
        raise problem

    return called


def _misfit(
    function: Callable[..., Any],
    known: inspect.Signature,
    args: tuple[Any, ...],
    named: dict[str, Any],
    words: Mapping[str, Collection[str]],
) -> InputError | None:
    """Return what is wrong with a call, or None if its arguments are those of the function."""
    called = f"{function.__qualname__.removesuffix('.__init__').removesuffix('.__call__')}()"
    places = [each.name for each in known.parameters.values() if each.kind is not each.KEYWORD_ONLY]
    names = [name for name in known.parameters if name != "self"]
    for name, value in named.items():
        if name not in names:
            near = did_you_mean(name, names, sign="{}=")
            takes = ", ".join(names) or "none"
            return InputError(
                "unknown-argument", argument=name, value=shown(value), function=called, nearest=near, known=takes
            )
        if name in places[: len(args)]:
            return InputError("argument-twice", argument=name, value="given twice", function=called)
    if len(args) > len(places):
        value, unnamed = args[len(places)], [name for name in names if name not in places]
        word = canonical(value) if isinstance(value, str) else ""
        fitting = [name for name in unnamed if word in words.get(name, ())] or unnamed
        name = f"{fitting[0]}={shown(value)}" if len(fitting) == 1 else f"one of {'=, '.join(fitting)}="
        way = f"name it ({name}) or" if fitting else "it takes fewer:"
        place = len(places) + 1 - ("self" in known.parameters)
        return InputError("unnamed-argument", argument=called, value=shown(value), place=place, way=way)
    for name, each in known.parameters.items():
        if each.default is each.empty and name not in named and name not in places[: len(args)]:
            return InputError("missing-argument", argument=name, value="missing", function=called)
    return None
