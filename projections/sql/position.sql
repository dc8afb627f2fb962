-- Positions in the log, and the migrations that were applied.

-- name: create_migrations
SELECT pg_advisory_xact_lock(hashtext('clearwatt projections: migrations'));
CREATE SCHEMA IF NOT EXISTS projection;
CREATE TABLE IF NOT EXISTS projection.migration (
    name       text        PRIMARY KEY,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: applied_migrations
SELECT name, sha256 FROM projection.migration

-- name: record_migration
INSERT INTO projection.migration (name, sha256) VALUES (%(name)s, %(sha256)s)

-- name: create_schema
CREATE SCHEMA {schema}

-- name: drop_schema
DROP SCHEMA IF EXISTS {schema} CASCADE

-- name: rename_rebuilt_schema
ALTER SCHEMA {schema}_rebuild RENAME TO {schema}

-- name: add_position
INSERT INTO projection.projection_position (name, tables_sha256)
VALUES (%(name)s, %(tables_sha256)s)
ON CONFLICT (name) DO UPDATE SET
    position = 0, tables_sha256 = excluded.tables_sha256, made_at = now()

-- name: take_over_position
UPDATE projection.projection_position AS kept
SET position = made.position, tables_sha256 = made.tables_sha256, made_at = now()
FROM projection.projection_position AS made
WHERE kept.name = %(name)s AND made.name = %(made)s

-- name: drop_position
DELETE FROM projection.projection_position WHERE name = %(name)s

-- name: positions
SELECT name, position, tables_sha256 FROM projection.projection_position
WHERE name = ANY (%(names)s) ORDER BY name

-- name: lock_positions
SELECT name, position FROM projection.projection_position
WHERE name = ANY (%(names)s) ORDER BY name FOR UPDATE

-- name: advance_positions
UPDATE projection.projection_position SET position = %(position)s WHERE name = ANY (%(names)s)

-- name: try_to_lead
SELECT pg_try_advisory_lock(hashtext('clearwatt projections: leader'))

-- name: try_to_rebuild
SELECT pg_try_advisory_lock(hashtext('clearwatt projections: ' || %(schema)s::text))

-- name: follow_the_log
LISTEN clearwatt_log

-- name: analyze_table
ANALYZE {schema}

-- name: position_report
SELECT kept.name, kept.position, head.position, head.position - kept.position,
       (SELECT min(recorded_at) FROM (
            SELECT recorded_at FROM log.stored_event AS next
            WHERE next.position > kept.position ORDER BY next.position LIMIT 1) AS waiting)
FROM projection.projection_position AS kept,
     (SELECT coalesce(max(position), 0) AS position FROM log.stored_event) AS head
WHERE kept.name = ANY (%(names)s)
ORDER BY kept.name
