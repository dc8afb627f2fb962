-- The equation: received = accepted + superseded + duplicate + held + unreadable.

-- name: equation_tables
CREATE TABLE {schema}.outcome (
    topic      text    NOT NULL,
    partition  integer NOT NULL,
    sender     text    NOT NULL,
    received   bigint  NOT NULL,
    accepted   bigint  NOT NULL,
    superseded bigint  NOT NULL,
    duplicate  bigint  NOT NULL,
    held       bigint  NOT NULL,
    unreadable bigint  NOT NULL,
    PRIMARY KEY (topic, partition, sender)
);
CREATE TABLE {schema}.partition (
    topic        text    NOT NULL,
    partition    integer NOT NULL,
    first_offset bigint  NOT NULL,
    next_offset  bigint  NOT NULL,
    received     bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE ON {schema}.outcome, {schema}.partition TO clearwatt_app;

-- name: equation_indexes

-- name: add_to_outcomes
INSERT INTO {schema}.outcome AS kept
SELECT * FROM unnest(%s::text[], %s::integer[], %s::text[], %s::bigint[], %s::bigint[],
                     %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (topic, partition, sender) DO UPDATE SET
    received = kept.received + excluded.received,
    accepted = kept.accepted + excluded.accepted,
    superseded = kept.superseded + excluded.superseded,
    duplicate = kept.duplicate + excluded.duplicate,
    held = kept.held + excluded.held,
    unreadable = kept.unreadable + excluded.unreadable

-- name: advance_partitions
INSERT INTO {schema}.partition AS kept
SELECT * FROM unnest(%s::text[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (topic, partition) DO UPDATE SET
    next_offset = excluded.next_offset, received = kept.received + excluded.received

-- name: equation_rows
SELECT topic, partition, sender, received, accepted, superseded, duplicate, held, unreadable
FROM equation.outcome
ORDER BY topic COLLATE "C", partition, sender COLLATE "C"

-- name: equation_partitions
SELECT topic, partition, first_offset, next_offset, p.received,
       coalesce((SELECT sum(o.received) FROM equation.outcome AS o
                 WHERE (o.topic, o.partition) = (p.topic, p.partition)), 0)::bigint
FROM equation.partition AS p
ORDER BY topic COLLATE "C", partition
