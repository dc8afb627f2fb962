-- The exception queue.

-- name: exception_tables
CREATE TABLE {schema}.item (
    position        bigint      NOT NULL,
    number          integer     NOT NULL,
    kind            text        NOT NULL,
    key             text        NOT NULL,
    record          text        NOT NULL,
    topic           text,
    partition       integer,
    message_offset  bigint,
    reason          text        NOT NULL,
    path            text        NOT NULL,
    expected        text        NOT NULL,
    actual          text        NOT NULL,
    refusals        json        NOT NULL,
    stated_net      numeric,
    currency        text,
    sender          text,
    party           text,
    opened_at       timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    resolved_at     timestamptz,
    resolved_by     bigint,
    resolution      text,
    PRIMARY KEY (position, number)
);
-- Nothing is open twice; held CDRs are found by it when they are released.
CREATE UNIQUE INDEX item_open ON {schema}.item (kind, key) WHERE resolved_at IS NULL;
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE ON {schema}.item TO clearwatt_app;

-- name: exception_indexes
CREATE INDEX item_record ON {schema}.item (record);
CREATE INDEX item_reason ON {schema}.item (reason);

-- name: insert_exceptions
COPY {schema}.item FROM STDIN

-- name: change_exceptions
UPDATE {schema}.item AS item SET
    reason = news.reason, path = news.path, expected = news.expected, actual = news.actual,
    refusals = news.refusals, changed_at = news.changed_at
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::json[],
            %s::timestamptz[])
    AS news (kind, key, reason, path, expected, actual, refusals, changed_at)
WHERE (item.kind, item.key) = (news.kind, news.key) AND item.resolved_at IS NULL

-- name: resolve_exceptions
UPDATE {schema}.item AS item SET
    resolved_at = news.resolved_at, resolved_by = news.resolved_by, resolution = news.resolution
FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[])
    AS news (kind, key, resolved_at, resolved_by, resolution)
WHERE (item.kind, item.key) = (news.kind, news.key) AND item.resolved_at IS NULL

-- name: exception_list
SELECT position, number, kind, record, topic, partition, message_offset, reason, path, expected,
       actual, refusals::text, stated_net, currency, sender, party, opened_at, changed_at,
       resolved_at, resolved_by, resolution
FROM exception.item
WHERE (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(reason)s::text IS NULL OR reason = %(reason)s)
  AND (%(record)s::text IS NULL OR record = %(record)s)
  AND (%(party)s::text IS NULL OR party = %(party)s)
  AND (%(sender)s::text IS NULL OR sender = %(sender)s)
  AND (%(position)s::bigint IS NULL OR (position, number) = (%(position)s, %(number)s))
  AND (%(known_at)s::timestamptz IS NULL OR opened_at <= %(known_at)s)
  AND (%(with_resolved)s OR resolved_at IS NULL OR resolved_at > %(known_at)s)
ORDER BY position, number
LIMIT %(limit)s

-- name: exception_counts
SELECT kind, reason, currency, count(*), sum(stated_net)
FROM exception.item
WHERE resolved_at IS NULL
GROUP BY kind, reason, currency
ORDER BY kind, count(*) DESC, reason, currency
