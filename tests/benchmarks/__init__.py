"""Ratios measured in one run: `make bench`. Plain scripts; nothing here fails a build."""
