-- How is a syntax tree written, and which tree does that text have?
WITH formatQueryFromJSON({tree:String}) AS text
SELECT text, parseQueryToJSON(text)
