-- Findings: what a decision notes without holding the CDR; they stand in the log's documents.

-- name: finding_counts
SELECT warning ->> 'reason' AS reason, count(DISTINCT decided.cdr)
FROM (
    SELECT DISTINCT ON (cdr) cdr, decided_by, state
    FROM receipt.step
    WHERE state <> 'conflict'
    ORDER BY cdr, step.position DESC
) AS decided
JOIN log.stored_event AS event ON event.position = decided.decided_by
CROSS JOIN LATERAL jsonb_array_elements(
    convert_from(event.state, 'UTF8')::jsonb -> 'decision' -> 'warnings'
) AS warning
WHERE decided.state = 'accepted'
GROUP BY 1
ORDER BY 1

-- name: decision_counts
-- What is decided again, as at a corrected rate, is measured as it was: its event says no more of it.
SELECT count(*) FILTER (WHERE decision -> 'session' ->> 'matched_by' <> 'session_id'),
       count(*) FILTER (WHERE evidence ->> 'status' = 'verified')
FROM (
    SELECT DISTINCT ON (cdr) cdr, decided_by AS position, state
    FROM receipt.step
    WHERE state <> 'conflict'
    ORDER BY cdr, step.position DESC
) AS decided
JOIN log.stored_event AS event ON event.position = decided.position
CROSS JOIN LATERAL jsonb_to_record(convert_from(event.state, 'UTF8')::jsonb)
    AS recorded (decision jsonb)
LEFT JOIN LATERAL (
    SELECT convert_from(said.state, 'UTF8')::jsonb -> 'evidence' AS evidence
    FROM receipt.step JOIN log.stored_event AS said ON said.position = step.decided_by
    WHERE step.cdr = decided.cdr AND convert_from(said.state, 'UTF8')::jsonb ? 'evidence'
    ORDER BY step.position DESC
    LIMIT 1
) AS measured ON true
WHERE decided.state = 'accepted'
