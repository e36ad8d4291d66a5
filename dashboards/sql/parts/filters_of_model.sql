$__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-provider=', '&${provider:queryparam}')), provider), $provider)
AND $__conditionalAll(
    has(arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-model=', '&${model:queryparam}')), model), $model)
