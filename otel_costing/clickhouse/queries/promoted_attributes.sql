-- Which resource attributes have a column of the ledger, and what are they called?
SELECT
    promoted_column,
    argMin(attribute, (promoted_at, attribute)) AS promoted_attribute,
    argMin(name, (promoted_at, attribute)) AS dimension
FROM promoted_attributes
GROUP BY promoted_column
ORDER BY promoted_column
