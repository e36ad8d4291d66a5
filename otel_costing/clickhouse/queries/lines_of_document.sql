-- Which lines were posted from an export, named by its digest or its file name?
SELECT DISTINCT
    provider,
    line_key
FROM reconciled_lines
WHERE source_document = {document:String}
   OR document_name = {document:String}
ORDER BY provider, line_key
