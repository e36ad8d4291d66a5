-- Take these identifiers out of a table that has the attribution columns, told by their salted digests alone: the text
-- of a mutation stays on disk.
ALTER TABLE {table:Identifier}
    UPDATE
        customer_id = if(lower(hex(SHA256(concat({salt:String}, 'customer_id=', customer_id)))) IN {digests:Array(String)}, '', customer_id),
        user_id = if(lower(hex(SHA256(concat({salt:String}, 'user_id=', user_id)))) IN {digests:Array(String)}, '', user_id),
        session_id = if(lower(hex(SHA256(concat({salt:String}, 'session_id=', session_id)))) IN {digests:Array(String)}, '', session_id)
    WHERE (customer_id != '' AND lower(hex(SHA256(concat({salt:String}, 'customer_id=', customer_id)))) IN {digests:Array(String)})
        OR (user_id != '' AND lower(hex(SHA256(concat({salt:String}, 'user_id=', user_id)))) IN {digests:Array(String)})
        OR (session_id != '' AND lower(hex(SHA256(concat({salt:String}, 'session_id=', session_id)))) IN {digests:Array(String)})
    SETTINGS mutations_sync = 2
