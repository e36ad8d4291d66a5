false AS caller_pays,
false AS with_roots
