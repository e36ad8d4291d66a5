{{filters_of_work}}
AND {{filters_of_model}}
