"""Checks of plain arguments that several public functions share."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from superpose._names import canonical
from superpose.errors import InputError, MissingPackageError


def is_auto(choice: object) -> bool:
    """Return whether a choice is left to superpose."""
    return isinstance(choice, str) and canonical(choice) == "auto"


def checked_fraction(argument: str, value: Any) -> float:
    """Return `value` as a float from 0 to 1.

    Raises
    ------
    InputError
        If it is not.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 <= number <= 1:
        raise InputError("out-of-range", argument=argument, value=repr(value), low=0, high=1)
    return number


def checked_positive(argument: str, value: Any) -> float:
    """Return `value` as a float above 0; it may be infinite.

    Raises
    ------
    InputError
        If it is not.
    """
    try:
        number = np.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not number > 0:
        raise InputError("not-above-zero", argument=argument, value=repr(value))
    return number


def checked_count(argument: str, value: Any, least: int) -> int:
    """Return `value` as an int.

    Raises
    ------
    InputError
        If it is no whole number of `least` or more.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError("not-positive", argument=argument, value=repr(value), least=least)
    return int(value)


def checked_flag(argument: str, value: Any) -> bool:
    """Return `value` as a bool: text such as "no" would count as True.

    Raises
    ------
    InputError
        If it is neither true nor false.
    """
    if not isinstance(value, (bool, np.bool_)) and not (isinstance(value, (int, np.integer)) and value in (0, 1)):
        raise InputError("not-a-flag", argument=argument, value=repr(value))
    return bool(value)


def scikit_image(module: str, argument: str) -> Any:
    """Return a module of scikit-image, which only the extra "demo" installs.

    Raises
    ------
    MissingPackageError
        If it is not there for `argument`, which needs it.
    """
    try:
        return import_module(f"skimage.{module}")
    except ModuleNotFoundError as error:
        raise MissingPackageError("missing-package", argument=argument, value="scikit-image", extra="demo") from error
