"""The command's start, on the path and as `python -m otel_costing.cli`: says what to install where that is not all there."""

from __future__ import annotations

import sys
from typing import NoReturn

_NEEDS_MORE = 2
"""As bad usage does."""


def main() -> NoReturn:
    """Run the command; the console script."""
    try:
        from otel_costing.cli.main import main as run

        run()
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0].startswith("otel_costing"):
            raise
        sys.stderr.write(
            f"Error: The command needs more than is installed ({missing.name}): pip install 'otel-costing[cli]', "
            "and [embedded] for a ledger here, or [clickhouse] for one on a server.\n"
        )
        raise SystemExit(_NEEDS_MORE) from None


if __name__ == "__main__":
    main()
