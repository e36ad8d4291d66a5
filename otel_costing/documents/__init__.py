"""Answers as JSON has them, the same from the command and from the REST API: pure. Absent is None, never 0."""
