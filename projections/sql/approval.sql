-- Approvals: batches of a pair, and the CDRs of each as the log lists them.

-- name: approval_tables
CREATE TABLE {schema}.batch (
    position        bigint      NOT NULL,
    pair            text        NOT NULL,
    approved_by     text        NOT NULL,
    cdr_count       integer     NOT NULL,
    cdr_list_sha256 text        NOT NULL,
    actor           text        NOT NULL,
    recorded_at     timestamptz NOT NULL
);
CREATE TABLE {schema}.cdr (
    position bigint  NOT NULL,
    number   integer NOT NULL,
    cdr      text    NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.batch, {schema}.cdr TO clearwatt_app;

-- name: approval_indexes
ALTER TABLE {schema}.batch ADD PRIMARY KEY (position);
CREATE INDEX batch_pair ON {schema}.batch (pair, position);
ALTER TABLE {schema}.cdr ADD PRIMARY KEY (position, number);
CREATE INDEX cdr_approved ON {schema}.cdr (cdr, position);

-- name: insert_approval_batches
COPY {schema}.batch FROM STDIN

-- name: insert_approved_cdrs
INSERT INTO {schema}.cdr
SELECT batch.position, number, cdr
FROM unnest(%s::bigint[], %s::uuid[], %s::integer[]) AS batch (position, event_id, version)
JOIN log.batch_list USING (event_id, version)

-- name: approval_batches
SELECT position, pair, approved_by, cdr_count, cdr_list_sha256, actor, recorded_at
FROM approval.batch
WHERE (%(pair)s::text IS NULL OR pair = %(pair)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY position DESC LIMIT %(limit)s

-- name: approvals_of_cdr
SELECT batch.position, pair, approved_by, cdr_count, cdr_list_sha256, actor, recorded_at
FROM approval.cdr JOIN approval.batch USING (position)
WHERE cdr = %(cdr)s AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY position
