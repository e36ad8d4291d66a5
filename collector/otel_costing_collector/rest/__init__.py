"""The REST API, below `/api/v1/` on the port of OTLP/HTTP: usage in, costs out, for callers without OpenTelemetry.

What it accepts, answers and promises stands in `docs/rest.md`, and for programs in `/api/v1/openapi.json`.
"""
