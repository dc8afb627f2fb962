-- Tariff versions: what they say, and the steps of their lives. Prices stand in the log alone.

-- name: tariff_tables
CREATE TABLE {schema}.version (
    position       bigint      NOT NULL,
    tariff         text        NOT NULL,
    number         integer     NOT NULL,
    source         text        NOT NULL CHECK (source IN ('message', 'own')),
    content_sha256 text        NOT NULL,
    received_at    timestamptz NOT NULL,
    valid_from     timestamptz NOT NULL,
    valid_until    timestamptz,
    last_updated   timestamptz NOT NULL,
    currency       text        NOT NULL,
    type           text,
    recorded_at    timestamptz NOT NULL,
    visible_to     text[]      NOT NULL
);
CREATE TABLE {schema}.step (
    position       bigint      NOT NULL,
    tariff         text        NOT NULL,
    number         integer     NOT NULL,
    state          text        NOT NULL,
    actor          text,
    reason         text,
    withdrawn_from timestamptz,
    occurred_at    timestamptz,
    recorded_at    timestamptz NOT NULL,
    visible_to     text[]      NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.version, {schema}.step TO clearwatt_app;

-- name: tariff_indexes
ALTER TABLE {schema}.version ADD PRIMARY KEY (position);
ALTER TABLE {schema}.step ADD PRIMARY KEY (position);
CREATE INDEX version_tariff ON {schema}.version (tariff, number, position);
CREATE INDEX step_tariff ON {schema}.step (tariff, number, position);

-- name: insert_tariff_versions
COPY {schema}.version FROM STDIN

-- name: insert_tariff_steps
COPY {schema}.step FROM STDIN

-- name: tariff_versions
SELECT said.tariff, said.number, life.state, said.source, said.content_sha256, said.received_at,
       said.valid_from, said.valid_until, life.withdrawn_from, said.last_updated, said.currency,
       said.type, life.author, life.submitter, life.approver, said.position, life.position,
       life.recorded_at
FROM (
    SELECT DISTINCT ON (tariff, number) *
    FROM tariff.version
    WHERE (%(tariff)s::text IS NULL OR tariff = %(tariff)s)
      AND (%(number)s::integer IS NULL OR number = %(number)s)
      AND (%(party)s::text IS NULL OR starts_with(tariff, %(party)s || '/'))
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
    ORDER BY tariff, number, position DESC
) AS said
CROSS JOIN LATERAL (
    SELECT (array_agg(state ORDER BY position DESC))[1] AS state,
           (array_agg(actor ORDER BY position DESC) FILTER (WHERE state = 'draft'))[1] AS author,
           (array_agg(actor) FILTER (WHERE state = 'submitted'))[1] AS submitter,
           (array_agg(actor) FILTER (WHERE state = 'approved'))[1] AS approver,
           max(withdrawn_from) AS withdrawn_from,
           max(position) AS position,
           max(recorded_at) AS recorded_at
    FROM tariff.step
    WHERE step.tariff = said.tariff AND step.number = said.number
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
) AS life
WHERE (%(state)s::text IS NULL OR life.state = %(state)s)
  AND (%(valid_since)s::timestamptz IS NULL
       OR (said.valid_until IS NULL OR said.valid_until > %(valid_since)s)
       AND (life.withdrawn_from IS NULL OR life.withdrawn_from > %(valid_since)s)
       AND (life.state IN ('received', 'acknowledged', 'published')
            OR life.withdrawn_from IS NOT NULL))
  AND (%(valid_before)s::timestamptz IS NULL OR said.valid_from < %(valid_before)s)
ORDER BY said.tariff COLLATE "C", said.number

-- name: tariff_steps
SELECT position, number, state, actor, reason, withdrawn_from, occurred_at, recorded_at
FROM tariff.step
WHERE tariff = %(tariff)s AND (%(number)s::integer IS NULL OR number = %(number)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY position
