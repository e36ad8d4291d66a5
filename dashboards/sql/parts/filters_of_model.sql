{{is_chosen provider}}
AND {{is_chosen model}}
