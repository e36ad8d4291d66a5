"""The service a platform team runs: OTLP in, a durable spool, and from there the ledger."""
