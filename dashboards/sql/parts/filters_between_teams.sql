{{is_either_chosen team}}
AND {{is_either_chosen workflow}}
AND {{is_either_chosen feature}}
AND {{is_chosen project}}
AND {{is_chosen environment}}
AND {{is_chosen purpose}}
AND {{filters_of_model}}
