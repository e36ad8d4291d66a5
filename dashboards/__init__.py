"""Grafana dashboards over the ledger, made by `python -m dashboards.generate` and kept as JSON in `json/`."""
