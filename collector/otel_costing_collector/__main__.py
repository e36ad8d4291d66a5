"""`python -m otel_costing_collector`."""

from __future__ import annotations

from otel_costing_collector.command import collect_command

if __name__ == "__main__":
    collect_command(prog_name="otel-costing collect")
