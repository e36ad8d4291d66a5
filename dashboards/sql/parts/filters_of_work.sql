{{is_chosen team}}
AND {{is_chosen project}}
AND {{is_chosen feature}}
AND {{is_chosen workflow}}
AND {{is_chosen environment}}
AND {{is_chosen purpose}}
