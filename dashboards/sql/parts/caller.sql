true AS caller_pays,
true AS with_roots
