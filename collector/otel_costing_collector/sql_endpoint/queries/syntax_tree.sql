-- What is the syntax tree of a text? It is parsed and nothing else; two statements are none.
SELECT parseQueryToJSON({text:String})
