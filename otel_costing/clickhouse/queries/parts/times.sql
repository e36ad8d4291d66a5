formatDateTime(occurred_at, '%z', {time_zone:String}) AS utc_offset,
concat(
    formatDateTime(occurred_at, '%Y-%m-%dT%H:00:00', {time_zone:String}),
    if(utc_offset = '+0000', 'Z', concat(substring(utc_offset, 1, 3), ':', substring(utc_offset, 4)))
) AS hour,
formatDateTime(occurred_at, '%Y-%m-%d', {time_zone:String}) AS day,
formatDateTime(toMonday(occurred_at, {time_zone:String}), '%Y-%m-%d') AS week,
formatDateTime(occurred_at, '%Y-%m', {time_zone:String}) AS month
