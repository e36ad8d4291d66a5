"""`python -m otel_costing.cli`, where the command is not on the path."""

from __future__ import annotations

from otel_costing.cli.main import main

main()
