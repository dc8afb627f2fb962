-- Records that moved in from another platform: both ids find them.

-- name: moved_tables
CREATE TABLE {schema}.id (
    position    bigint      NOT NULL,
    number      integer     NOT NULL,
    platform    text        NOT NULL,
    kind        text        NOT NULL,
    old_id      text        NOT NULL,
    new_key     text        NOT NULL,
    plan        text        NOT NULL,
    recorded_at timestamptz NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.id TO clearwatt_app;

-- name: moved_indexes
ALTER TABLE {schema}.id ADD PRIMARY KEY (position, number);
CREATE INDEX id_old ON {schema}.id (lower(old_id));
CREATE INDEX id_new ON {schema}.id (lower(new_key));

-- name: insert_moved_ids
COPY {schema}.id FROM STDIN

-- name: moved_ids
SELECT platform, kind, old_id, new_key, plan, recorded_at
FROM moved.id
WHERE lower(old_id) = lower(%(id)s) OR lower(new_key) = lower(%(id)s)
ORDER BY position, number
