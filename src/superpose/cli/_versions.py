"""What ``superpose --version --json`` prints: all that an answer, or an error, may depend on."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

from superpose._version import __version__

# What superpose cannot do without, and what it uses where it is there.
NEEDED = ("numpy", "scipy", "pillow", "tifffile", "matplotlib", "jinja2", "lazy_loader", "rich")
OPTIONAL = ("imagecodecs", "scikit-image")
# What reads compressed images, within Pillow.
CODECS = ("zlib", "jpg", "jpg_2000", "libtiff", "webp")
SETTINGS = ("SUPERPOSE_THREADS", "SUPERPOSE_CPU", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


def _version_of(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _kernels() -> dict[str, Any]:
    """Return which of the compiled loops are used: of x86-64, v3 (AVX2) or v2; elsewhere there is but one kind."""
    try:
        from superpose._kernels import _native
    except Exception as error:  # noqa: BLE001  # the very thing that is to be reported
        return {"error": str(error)}
    names = {"v3": "x86-64-v3"}
    names["baseline"] = "x86-64-v2" if platform.machine() in ("x86_64", "AMD64") else platform.machine()
    return {"instructions": names[_native.LEVEL], "checked": _native.CHECKED}


def _codecs() -> dict[str, str | None]:
    try:
        from PIL import features
    except ImportError:
        return {}
    return {name: features.version(name) if features.check(name) else None for name in CODECS}


def _threads() -> int | str:
    from superpose._threads import thread_count
    from superpose.errors import InputError

    try:
        return thread_count()
    except InputError as error:
        return str(error)


def document() -> dict[str, Any]:
    """Return it, for JSON: a version is null where the package is not there."""
    return {
        "superpose": __version__,
        "python": {"version": platform.python_version(), "implementation": platform.python_implementation()},
        "system": {
            "platform": platform.platform(),
            "machine": platform.machine(),
            "libc": " ".join(platform.libc_ver()).strip(),
            "byteorder": sys.byteorder,
        },
        "packages": {name: _version_of(name) for name in (*NEEDED, *OPTIONAL)},
        "codecs": _codecs(),
        "kernels": _kernels(),
        "threads": _threads(),
        "environment": {name: os.environ[name] for name in SETTINGS if name in os.environ},
    }
