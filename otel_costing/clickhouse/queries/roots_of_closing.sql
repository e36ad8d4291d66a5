-- What do the roots come to that a closing froze?
SELECT
    count() AS roots,
    leftPad(lower(hex(sum(reinterpretAsUInt256(SHA256(states))))), 64, '0') AS roots_digest
FROM frozen_roots FINAL
WHERE change_id = {change_id:String}
