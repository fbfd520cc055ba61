"""The compiled kernels; the modules beside this file hold their typed functions."""

from typing import Any

LEVEL: str
CHECKED: bool

def __getattr__(name: str) -> Any: ...
