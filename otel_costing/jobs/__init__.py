"""Work that writes to a ledger, the same whether a command does it or the collector that holds the ledger does it for one.

`kinds.KINDS` lists every kind of work by name. To add one:

1. Write a module here with `read(arguments)`, which turns JSON into the runner's arguments or raises `JobRefused`, and
   `run(store, arguments, content, began_ns)`, a generator that yields `Progress` wherever it may be watched or given up,
   and at the end one `Result` with the JSON document that the command prints, in whichever form.
2. Add its line to `KINDS`.
3. Let the command call `otel_costing.cli.job.done(...)` with the kind's name, JSON arguments and content.

A runner is run again from its beginning after a crash, with the same `began_ns`: booking by ids makes that harmless, and a
kind that can go on where it stopped keeps its place in the ledger. What a person names on a command line as a file
to be read is content: the command opens it, with that person's rights, and the collector never does.
"""
