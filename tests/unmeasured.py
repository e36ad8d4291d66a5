"""The environment of a process whose coverage is not measured: that makes it start and work half as long again.

For programs that many tests start, whose lines others run too: in the tests' own process, or in one that is measured.
"""

from __future__ import annotations

import os


def unmeasured() -> dict[str, str]:
    """Return this process's environment without what starts coverage in a child."""
    return {name: value for name, value in os.environ.items() if name != "COVERAGE_PROCESS_CONFIG"}
