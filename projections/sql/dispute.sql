-- Disputes: one row per event about one, and what is disputed of each CDR.

-- name: dispute_tables
-- The claim is missing while nothing but held words is known; due_at is when the next word is due.
CREATE TABLE {schema}.step (
    position      bigint      NOT NULL,
    dispute       text        NOT NULL,
    event         text        NOT NULL,
    state         text        NOT NULL,
    outcome       text,
    seller        text,
    buyer         text,
    opened_by     text,
    against       text,
    reason_code   text,
    currency      text,
    net           numeric,
    gross         numeric,
    cdrs          integer,
    granted_net   numeric,
    granted_gross numeric,
    due_at        timestamptz,
    said_by       text,
    said          text,
    refusals      json,
    actor         text,
    recorded_at   timestamptz NOT NULL,
    visible_to    text[]      NOT NULL
);
CREATE TABLE {schema}.cdr (
    position    bigint      NOT NULL,
    dispute     text        NOT NULL,
    cdr         text        NOT NULL,
    gross       numeric     NOT NULL,
    is_disputed boolean     NOT NULL,
    recorded_at timestamptz NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.step, {schema}.cdr TO clearwatt_app;

-- name: dispute_indexes
ALTER TABLE {schema}.step ADD PRIMARY KEY (position);
ALTER TABLE {schema}.cdr ADD PRIMARY KEY (position, cdr);
CREATE INDEX step_dispute ON {schema}.step (dispute, position);
CREATE INDEX cdr_cdr ON {schema}.cdr (cdr, dispute, position);

-- name: insert_dispute_steps
COPY {schema}.step FROM STDIN

-- name: insert_dispute_cdrs
COPY {schema}.cdr FROM STDIN

-- name: dispute_list
WITH known AS (
    SELECT * FROM dispute.step
    WHERE %(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s
), stands AS (
    SELECT DISTINCT ON (dispute) * FROM known
    WHERE %(dispute)s::text IS NULL OR dispute = %(dispute)s
    ORDER BY dispute, state <> 'refused' DESC, position DESC
)
SELECT stands.dispute, stands.state, stands.outcome, seller, buyer, opened_by, against,
       reason_code, currency, net, gross, cdrs, decided.granted_net, decided.granted_gross,
       stands.due_at, expired.is_escalated, first.recorded_at, stands.recorded_at
FROM stands
JOIN LATERAL (SELECT min(recorded_at) AS recorded_at FROM known
              WHERE known.dispute = stands.dispute) AS first ON true
JOIN LATERAL (SELECT max(granted_net) AS granted_net, max(granted_gross) AS granted_gross
              FROM known WHERE known.dispute = stands.dispute) AS decided ON true
JOIN LATERAL (SELECT count(*) > 0 AS is_escalated FROM known
              WHERE known.dispute = stands.dispute AND event = 'expired') AS expired ON true
WHERE (%(state)s::text IS NULL OR stands.state = %(state)s OR stands.outcome = %(state)s)
  AND (%(party)s::text IS NULL OR %(party)s IN (seller, buyer))
  AND (%(reason)s::text IS NULL OR reason_code = %(reason)s)
  AND (%(overdue_at)s::timestamptz IS NULL OR stands.due_at <= %(overdue_at)s)
  AND (%(cdr)s::text IS NULL OR EXISTS (
       SELECT FROM dispute.cdr WHERE cdr.dispute = stands.dispute AND cdr.cdr = %(cdr)s))
ORDER BY first.recorded_at, stands.dispute COLLATE "C"
LIMIT %(limit)s

-- name: dispute_steps
SELECT position, event, state, outcome, granted_net, granted_gross, due_at, said_by, said,
       refusals::text, actor, recorded_at
FROM dispute.step
WHERE dispute = %(dispute)s
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY position

-- name: dispute_cdrs
SELECT DISTINCT ON (cdr COLLATE "C") cdr, gross, is_disputed
FROM dispute.cdr
WHERE dispute = %(dispute)s
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY cdr COLLATE "C", position DESC

-- name: disputed_cdrs
SELECT cdr, sum(gross) FROM (
    SELECT DISTINCT ON (cdr, dispute) cdr, gross, is_disputed
    FROM dispute.cdr
    WHERE cdr = ANY(%(cdrs)s)
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
    ORDER BY cdr, dispute, position DESC
) AS stands
WHERE is_disputed
GROUP BY cdr
ORDER BY cdr COLLATE "C"

-- name: disputes_unanswered
SELECT dispute FROM (
    SELECT DISTINCT ON (dispute) dispute, event, due_at FROM dispute.step
    ORDER BY dispute, state <> 'refused' DESC, position DESC
) AS stands
WHERE event = 'opened' AND due_at <= %(now)s
ORDER BY due_at, dispute COLLATE "C"
LIMIT %(limit)s
