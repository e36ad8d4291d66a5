$__conditionalAll(
    has({{chosen_names {{column}}}}, {{column}}), ${{column}})
