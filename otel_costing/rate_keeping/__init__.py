"""Keeping the rate tables: refresh them from a catalogue, guard their past, compare, check. Never needed to price."""
