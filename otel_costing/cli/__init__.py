"""The `otel-costing` command, one module per command group."""
