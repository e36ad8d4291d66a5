"""The providers' own exports of what they billed, each format a reader of its own."""
