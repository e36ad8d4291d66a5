$__conditionalAll(
    hasAny({{chosen_names {{column}}}}, {{column}}s), ${{column}})
