-- Take these identifiers out of the columns of promoted attributes, told by their salted digests alone: the text of a mutation
-- stays on disk.
ALTER TABLE {table:Identifier}
    UPDATE
        promoted_1 = if(arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_1))))),
            ['customer_id', 'user_id', 'session_id']), '', promoted_1),
        promoted_2 = if(arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_2))))),
            ['customer_id', 'user_id', 'session_id']), '', promoted_2),
        promoted_3 = if(arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_3))))),
            ['customer_id', 'user_id', 'session_id']), '', promoted_3),
        promoted_4 = if(arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_4))))),
            ['customer_id', 'user_id', 'session_id']), '', promoted_4),
        promoted_5 = if(arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_5))))),
            ['customer_id', 'user_id', 'session_id']), '', promoted_5),
        promoted_6 = if(arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_6))))),
            ['customer_id', 'user_id', 'session_id']), '', promoted_6),
        promoted_7 = if(arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_7))))),
            ['customer_id', 'user_id', 'session_id']), '', promoted_7),
        promoted_8 = if(arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_8))))),
            ['customer_id', 'user_id', 'session_id']), '', promoted_8)
    WHERE (promoted_1 != '' AND arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_1))))),
            ['customer_id', 'user_id', 'session_id']))
        OR (promoted_2 != '' AND arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_2))))),
            ['customer_id', 'user_id', 'session_id']))
        OR (promoted_3 != '' AND arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_3))))),
            ['customer_id', 'user_id', 'session_id']))
        OR (promoted_4 != '' AND arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_4))))),
            ['customer_id', 'user_id', 'session_id']))
        OR (promoted_5 != '' AND arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_5))))),
            ['customer_id', 'user_id', 'session_id']))
        OR (promoted_6 != '' AND arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_6))))),
            ['customer_id', 'user_id', 'session_id']))
        OR (promoted_7 != '' AND arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_7))))),
            ['customer_id', 'user_id', 'session_id']))
        OR (promoted_8 != '' AND arrayExists(identifier -> has({digests:Array(String)}, lower(hex(SHA256(concat({salt:String}, identifier, '=', promoted_8))))),
            ['customer_id', 'user_id', 'session_id']))
    SETTINGS mutations_sync = 2
