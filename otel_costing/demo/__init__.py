"""Three instrumented services of three teams, two providers' stand-in and a collector, on loopback.

Every process here is a program of its own; `run.finished_run` starts them, sends them work and stops them.
`proof` says what must hold of the ledger that came of it.
"""
