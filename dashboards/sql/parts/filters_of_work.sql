$__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-team=', '&${team:queryparam}')), team), $team)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-project=', '&${project:queryparam}')), project), $project)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-feature=', '&${feature:queryparam}')), feature), $feature)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-workflow=', '&${workflow:queryparam}')), workflow), $workflow)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-environment=', '&${environment:queryparam}')), environment), $environment)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-purpose=', '&${purpose:queryparam}')), purpose), $purpose)
