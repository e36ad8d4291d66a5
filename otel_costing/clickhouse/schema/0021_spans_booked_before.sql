-- Spans from before `booked_at` was kept came when they were received; a default would say the time of asking.
ALTER TABLE spans
    UPDATE booked_at = toDateTime64(received_at, 6, 'UTC') WHERE batch_id = ''
    SETTINGS mutations_sync = 2;
