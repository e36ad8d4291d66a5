$__conditionalAll(
    hasAny(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-team=', '&${team:queryparam}')), [owner, caller]), $team)
AND $__conditionalAll(
    hasAny(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-workflow=', '&${workflow:queryparam}')), workflows), $workflow)
AND $__conditionalAll(
    hasAny(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-feature=', '&${feature:queryparam}')), features), $feature)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-project=', '&${project:queryparam}')), project), $project)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-environment=', '&${environment:queryparam}')), environment), $environment)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-purpose=', '&${purpose:queryparam}')), purpose), $purpose)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-provider=', '&${provider:queryparam}')), provider), $provider)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-model=', '&${model:queryparam}')), model), $model)
