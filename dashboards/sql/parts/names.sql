{{names_of_work}},
{{named provider}} AS provider,
{{named model}} AS model
