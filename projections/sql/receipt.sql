-- Receipts: one row per event about a CDR; the document itself stands in the log.

-- name: receipt_tables
CREATE TABLE {schema}.step (
    position       bigint      NOT NULL,
    cdr            text        NOT NULL,
    version        integer     NOT NULL,
    step           text        NOT NULL,
    state          text        NOT NULL,
    because        text        NOT NULL,
    actor          text,
    ended_at       timestamptz,
    session_id     text,
    seller         text,
    buyer          text,
    currency       text,
    net            numeric,
    gross          numeric,
    service_period text,
    posted_period  text,
    late_of        text,
    tariff         text,
    tariff_number  integer,
    visible_to     text[],
    decided_by     bigint,
    recorded_at    timestamptz NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.step TO clearwatt_app;

-- name: receipt_indexes
ALTER TABLE {schema}.step ADD PRIMARY KEY (position);
CREATE INDEX step_cdr ON {schema}.step (cdr, position);
CREATE INDEX step_session ON {schema}.step (lower(session_id)) WHERE session_id IS NOT NULL;

-- name: insert_receipt_steps
COPY {schema}.step FROM STDIN

-- name: cdr_steps
SELECT position, cdr, version, step, state, because, actor, ended_at, session_id, seller, buyer,
       currency, net, gross, service_period, posted_period, late_of, tariff, tariff_number,
       decided_by, recorded_at
FROM receipt.step
WHERE cdr = %(cdr)s AND state <> 'conflict'
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY position

-- name: session_cdrs
SELECT DISTINCT cdr FROM receipt.step
WHERE lower(session_id) = lower(%(session_id)s) AND starts_with(cdr, %(party)s || '/')
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY cdr
