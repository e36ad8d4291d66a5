-- End the query of one question.
KILL QUERY WHERE Settings['log_comment'] = {label:String} ASYNC
