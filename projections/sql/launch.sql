-- What a launch is judged by: figures of a pair's charges that ended since an instant.

-- name: launch_cdrs
SELECT cdr FROM period.cdr
WHERE seller = %(seller)s AND buyer = %(buyer)s AND ended_at >= %(since)s
  AND standing <> 'excluded'
GROUP BY cdr
ORDER BY cdr COLLATE "C"

-- name: launch_held
SELECT cdr FROM period.unbooked
WHERE seller = %(seller)s AND buyer = %(buyer)s AND ended_at >= %(since)s AND state <> 'excluded'
  AND NOT string_to_array(reasons, ', ') <@ %(outside)s::text[]
ORDER BY cdr COLLATE "C"

-- name: launch_measures
-- Decisions are read where they stand, in the log; a held CDR has the reasons it is held for.
WITH decided AS (
    SELECT DISTINCT ON (cdr) cdr, decided_by
    FROM receipt.step
    WHERE cdr = ANY (%(booked)s) AND state <> 'conflict' AND decided_by IS NOT NULL
    ORDER BY cdr, position DESC
), noted AS (
    SELECT coalesce(decision ->> 'session', '') <> '' AS is_matched, ARRAY(
               SELECT said ->> 'reason'
               FROM jsonb_array_elements(coalesce(decision -> 'warnings', '[]')) AS said
               UNION ALL
               SELECT jsonb_array_elements_text(coalesce(decision -> 'release' -> 'codes', '[]'))
           ) AS codes
    FROM decided
    JOIN log.stored_event AS event ON event.position = decided.decided_by
    CROSS JOIN LATERAL (SELECT convert_from(event.state, 'UTF8')::jsonb -> 'decision')
        AS recorded (decision)
    UNION ALL
    SELECT NOT string_to_array(reasons, ', ') && %(unmatched)s::text[],
           string_to_array(reasons, ', ')
    FROM period.unbooked
    WHERE cdr = ANY (%(held)s)
)
SELECT count(*), count(*) FILTER (WHERE is_matched), count(*) FILTER (WHERE codes && %(price)s),
       count(*) FILTER (WHERE codes && %(late)s)
FROM noted

-- name: launch_exceptions
SELECT item.position, item.number, item.record, last.reason, last.owner, assigned.assignee,
       last.origin, item.opened_at, item.opened_at + make_interval(hours => coalesce((
           SELECT correction_h FROM exception.terms
           WHERE agreement = party || '>' || buyer
             AND valid_from <= coalesce(served_at, opened_at)
             AND (valid_until IS NULL OR coalesce(served_at, opened_at) < valid_until)
           ORDER BY valid_from DESC, terms.number DESC LIMIT 1), 72)),
       item.resolved_at,
       coalesce(convert_from(event.state, 'UTF8')::jsonb -> 'provenance' ->> 'proof', '')
           IN ('asserted', 'authenticated')
FROM exception.item
JOIN exception.version AS last ON (last.position, last.number) = (item.position, item.number)
    AND last.superseded_at IS NULL
LEFT JOIN log.stored_event AS event ON item.resolved_at IS NOT NULL
    AND event.position = last.changed_by
LEFT JOIN LATERAL (
    SELECT assignee FROM exception.note
    WHERE case_file = kind || ' ' || record AND assignee IS NOT NULL
    ORDER BY note.position DESC LIMIT 1
) AS assigned ON true
WHERE party = %(seller)s AND buyer = %(buyer)s AND kind <> 'finding'
  AND coalesce(served_at, opened_at) >= %(since)s
  AND NOT ARRAY(SELECT said ->> 'reason' FROM json_array_elements(last.refusals) AS said)
      <@ %(outside)s::text[]
ORDER BY item.position, item.number

-- name: launch_disputes
SELECT count(*), count(*) FILTER (WHERE state <> 'closed')
FROM (
    SELECT DISTINCT ON (step.dispute) step.dispute, step.state, seller, buyer
    FROM dispute.step
    WHERE seller = %(seller)s AND buyer = %(buyer)s AND state NOT IN ('refused', 'held')
    ORDER BY step.dispute, position DESC
) AS stands
WHERE EXISTS (SELECT FROM dispute.cdr WHERE cdr.dispute = stands.dispute AND cdr = ANY (%(booked)s))

-- name: launch_disputed_cdrs
SELECT count(DISTINCT cdr) FROM dispute.cdr WHERE cdr = ANY (%(booked)s)

-- name: launch_positions
SELECT min(position) FROM projection.projection_position WHERE name = ANY (%(names)s)

-- name: launch_unbilled
SELECT session FROM unnest(%(sessions)s::text[]) AS asked (session)
WHERE NOT EXISTS (
    SELECT FROM receipt.step WHERE lower(session_id) = split_part(session, '/', 2)
      AND starts_with(cdr, %(seller)s || '/'))
  AND NOT EXISTS (
    SELECT FROM (
        SELECT DISTINCT ON (cdr) cdr, decided_by FROM receipt.step
        WHERE seller = %(seller)s AND buyer = %(buyer)s AND decided_by IS NOT NULL
        ORDER BY cdr, position DESC
    ) AS decided
    JOIN log.stored_event AS event ON event.position = decided.decided_by
    WHERE convert_from(event.state, 'UTF8')::jsonb -> 'decision' -> 'session' ->> 'session'
        = asked.session)
ORDER BY session COLLATE "C"
