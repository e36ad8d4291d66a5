-- What were the views of this database last made of?
SELECT argMax(digest, made_at) AS digest
FROM schema_views
