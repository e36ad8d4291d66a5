"""A ledger that this process holds, for whoever asks in SQL: ClickHouse's HTTP interface, for reading only.

From the request inwards: `application` answers, `requests` reads what was asked, `statements` has the engine parse it and
`examination` holds the tree against `policy.yaml`; `engine` runs it on a handle of its own, `admission` a few at a time;
`answers`, `native_blocks` and `native_frames` shape what comes back.
"""
