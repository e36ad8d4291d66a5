"""What was billed beside what was booked: matched, explained, and posted where they differ."""
