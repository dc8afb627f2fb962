-- The audit trail: one row per event.

-- name: audit_tables
CREATE TABLE {schema}.event (
    position       bigint      NOT NULL,
    topic          text        NOT NULL,
    kind           text        NOT NULL,
    subject        text        NOT NULL,
    version        integer     NOT NULL,
    actor          text,
    proof          text,
    occurred_at    timestamptz,
    received_at    timestamptz,
    source_topic   text,
    source_partition integer,
    source_offset  bigint,
    sender         text,
    message_id     text,
    recorded_at    timestamptz NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.event TO clearwatt_app;

-- name: audit_indexes
ALTER TABLE {schema}.event ADD PRIMARY KEY (position);
CREATE INDEX event_subject ON {schema}.event (subject, position);
CREATE INDEX event_source ON {schema}.event (source_topic, source_partition, source_offset)
    WHERE source_topic IS NOT NULL;

-- name: insert_audit_events
COPY {schema}.event FROM STDIN

-- name: audit_trail
SELECT position, topic, kind, subject, version, actor, proof, occurred_at, received_at,
       recorded_at, source_topic, source_partition, source_offset, sender, message_id
FROM audit.event
WHERE (%(subject)s::text IS NULL OR subject = %(subject)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(source_topic)s::text IS NULL OR source_topic = %(source_topic)s)
  AND (%(source_partition)s::integer IS NULL OR source_partition = %(source_partition)s)
  AND (%(source_offset)s::bigint IS NULL OR source_offset = %(source_offset)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY position
LIMIT %(limit)s

-- name: audit_counts
SELECT topic, count(*) FROM audit.event GROUP BY topic ORDER BY topic

-- name: newest_sessions
SELECT said.subject, said.position, said.recorded_at, logged.state
FROM audit.event AS said
JOIN log.stored_event AS logged USING (position)
WHERE said.topic = 'session.updated.v1'
  AND (%(party)s::text IS NULL OR starts_with(said.subject, %(party)s || '/'))
  AND (%(known_at)s::timestamptz IS NULL OR said.recorded_at <= %(known_at)s)
  AND (%(status)s::text IS NULL
       OR convert_from(logged.state, 'utf8')::jsonb -> 'statement' ->> 'status' = %(status)s)
  AND NOT EXISTS (
      SELECT FROM audit.event AS later
      WHERE later.subject = said.subject AND later.position > said.position
        AND later.topic = 'session.updated.v1'
        AND (%(known_at)s::timestamptz IS NULL OR later.recorded_at <= %(known_at)s)
  )
ORDER BY said.position DESC
LIMIT %(limit)s
