-- What the projections read of the log; they never write it.

-- name: log_page
SELECT position, originator_id, originator_version, topic, state, recorded_at
FROM log.stored_event
WHERE position > %(after)s AND (%(until)s::bigint IS NULL OR position <= %(until)s)
ORDER BY position
LIMIT %(size)s

-- name: log_events_before
SELECT position, originator_id, topic, state
FROM log.stored_event
WHERE originator_id = ANY (%s::uuid[]) AND position < %s
ORDER BY position

-- name: log_head
SELECT coalesce(max(position), 0) FROM log.stored_event

-- name: log_event
SELECT state FROM log.stored_event WHERE position = %s
