{{named_as_payer team}} AS team,
{{named_as_payer workflow}} AS workflow,
{{named_as_payer feature}} AS feature,
{{named project}} AS project,
{{named environment}} AS environment,
{{named purpose}} AS purpose
