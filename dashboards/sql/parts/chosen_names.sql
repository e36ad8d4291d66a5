arrayMap(one -> decodeURLFormComponent(one), splitByString('&var-{{column}}=', '&${{{column}}:queryparam}'))
