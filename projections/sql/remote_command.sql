-- Remote commands: one row per result that was told; the newest of a command stands.

-- name: remote_command_tables
CREATE TABLE {schema}.result (
    position       bigint      NOT NULL,
    remote_command text        NOT NULL,
    seller         text        NOT NULL,
    buyer          text        NOT NULL,
    command        text        NOT NULL,
    result         text        NOT NULL,
    requested_at   timestamptz NOT NULL,
    location_id    text,
    evse_uid       text,
    connector_id   text,
    recorded_at    timestamptz NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.result TO clearwatt_app;

-- name: remote_command_indexes
ALTER TABLE {schema}.result ADD PRIMARY KEY (position);
CREATE INDEX result_pair ON {schema}.result (seller, buyer, requested_at);

-- name: insert_command_results
COPY {schema}.result FROM STDIN

-- name: command_counts
SELECT location_id, evse_uid, connector_id, count(*), count(*) FILTER (WHERE result = 'ACCEPTED')
FROM (
    SELECT DISTINCT ON (remote_command) * FROM remote_command.result
    WHERE seller = %(seller)s AND buyer = %(buyer)s AND requested_at >= %(since)s
    ORDER BY remote_command, position DESC
) AS stands
GROUP BY location_id, evse_uid, connector_id
ORDER BY location_id COLLATE "C", evse_uid COLLATE "C", connector_id COLLATE "C"
