-- Which endings make an aggregate function of another?
SELECT name FROM system.aggregate_function_combinators
