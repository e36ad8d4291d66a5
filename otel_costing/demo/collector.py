"""`otel-costing collect` as anyone runs it, but that it ends with the demo.

Run as `python -m otel_costing.demo.collector --set NAME=VALUE`. Which command that is, its entry point says: nothing here
imports the collector.
"""

from __future__ import annotations

import sys

from otel_costing.cli.main import cli
from otel_costing.demo.parent import stop_with_parent

if __name__ == "__main__":
    stop_with_parent()
    cli(["collect", *sys.argv[1:]], prog_name="otel-costing")
