"""The same conformance script on several versions of the OpenTelemetry SDK."""
