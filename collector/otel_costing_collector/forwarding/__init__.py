"""What was accepted goes on to another OTLP endpoint, its model calls with what they cost; see the collector's README."""
