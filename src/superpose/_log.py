"""Where superpose logs to; who does not listen hears nothing: ``logging.getLogger("superpose")``."""

from __future__ import annotations

import logging

LOG = logging.getLogger("superpose")
LOG.addHandler(logging.NullHandler())
