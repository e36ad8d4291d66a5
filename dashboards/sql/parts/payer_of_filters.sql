'${payer:queryparam}' = 'var-payer=caller' AS caller_pays,
-- Roots are looked up where a filter asks for a name of the caller's, as no sum here is by one.
caller_pays AND NOT (
    $__conditionalAll(1 = 0, $team) AND $__conditionalAll(1 = 0, $feature) AND $__conditionalAll(1 = 0, $workflow)) AS with_roots
