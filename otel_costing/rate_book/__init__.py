"""Rate tables -> the compiled book: reading YAML with its problems, names, hours, intervals."""
