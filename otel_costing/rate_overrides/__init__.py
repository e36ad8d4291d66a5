"""What a team says of its own prices -> rates that stand before those of the tables."""
