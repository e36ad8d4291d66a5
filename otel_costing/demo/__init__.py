"""Three instrumented services of three teams, two providers' stand-in and a receiver, on loopback.

Every process here is a small program of its own; `run.run_services` starts them, sends them work and
stops them. Nothing in this package reads or writes the ledger.
"""
