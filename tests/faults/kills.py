"""How much is asked of the tests of faults: `OTEL_COSTING_KILLS` says how often a collector dies."""

from __future__ import annotations

import os

KILLS = int(os.environ.get("OTEL_COSTING_KILLS", "5"))
