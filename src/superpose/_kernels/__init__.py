"""Loops over pixels, compiled from `src/native`: each module here holds the typed functions in front of some."""

from superpose.errors import MissingPackageError

try:
    import superpose._kernels._native  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingPackageError("kernels-missing", argument="superpose", value=str(error)) from error
