-- How does the engine write a statement that it tells no tree of?
SELECT formatQuerySingleLine({text:String})
