-- The quality of what partners send: what each event changed of the measures.

-- name: quality_tables
CREATE TABLE {schema}.change (
    position         bigint      NOT NULL,
    number           integer     NOT NULL,
    seller           text        NOT NULL,
    buyer            text        NOT NULL,
    location         text        NOT NULL,
    evse             text        NOT NULL,
    firmware_version text,
    ended_on         date        NOT NULL,
    currency         text        NOT NULL,
    cdrs             smallint    NOT NULL,
    unmatched        smallint    NOT NULL,
    late             smallint    NOT NULL,
    price            smallint    NOT NULL,
    different        smallint    NOT NULL,
    waits            smallint    NOT NULL,
    held_net         numeric     NOT NULL,
    recorded_at      timestamptz NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.change TO clearwatt_app;

-- name: quality_indexes
ALTER TABLE {schema}.change ADD PRIMARY KEY (position, number);

-- name: insert_quality_changes
COPY {schema}.change FROM STDIN

-- name: quality_parties
WITH sent AS (
    SELECT seller AS party, sum(cdrs) AS cdrs, sum(unmatched) AS unmatched, sum(late) AS late,
           sum(price) AS price, sum(different) AS different, sum(waits) AS waits
    FROM quality.change
    WHERE (%(party)s::text IS NULL OR seller = %(party)s)
      AND (%(from)s::date IS NULL OR ended_on >= %(from)s)
      AND (%(until)s::date IS NULL OR ended_on < %(until)s)
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
      AND (%(locations)s::text[] IS NULL
           OR seller || '/' || lower(location) = ANY (%(locations)s))
    GROUP BY seller
), raised AS (
    SELECT coalesce(party, sender) AS party, count(*) AS exceptions,
           count(*) FILTER (WHERE is_resolved) AS resolved,
           avg(resolved_at - opened_at) FILTER (WHERE is_resolved) AS mean
    FROM exception.item
    CROSS JOIN LATERAL (SELECT resolved_at IS NOT NULL AND
        (%(known_at)s::timestamptz IS NULL OR resolved_at <= %(known_at)s)) AS found (is_resolved)
    WHERE kind <> 'finding'
      AND (%(party)s::text IS NULL OR coalesce(party, sender) = %(party)s)
      AND (%(from)s::date IS NULL OR coalesce(served_at, opened_at)::date >= %(from)s)
      AND (%(until)s::date IS NULL OR coalesce(served_at, opened_at)::date < %(until)s)
      AND (%(known_at)s::timestamptz IS NULL OR opened_at <= %(known_at)s)
      AND (%(locations)s::text[] IS NULL OR location = ANY (%(locations)s))
    GROUP BY 1
)
SELECT party, coalesce(cdrs, 0), coalesce(unmatched, 0), coalesce(late, 0), coalesce(price, 0),
       coalesce(different, 0), coalesce(waits, 0), coalesce(exceptions, 0),
       coalesce(resolved, 0), round(extract(epoch FROM mean) / 3600, 1)
FROM sent FULL JOIN raised USING (party)
WHERE party IS NOT NULL
ORDER BY party COLLATE "C"

-- name: quality_money
SELECT seller, currency, sum(held_net)
FROM quality.change
WHERE (%(party)s::text IS NULL OR seller = %(party)s)
  AND (%(from)s::date IS NULL OR ended_on >= %(from)s)
  AND (%(until)s::date IS NULL OR ended_on < %(until)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
  AND (%(locations)s::text[] IS NULL OR seller || '/' || lower(location) = ANY (%(locations)s))
GROUP BY seller, currency
HAVING sum(waits) > 0
ORDER BY seller COLLATE "C", currency

-- name: quality_groups
SELECT seller, value, sum(cdrs), sum(different), sum(price)
FROM quality.change
CROSS JOIN LATERAL (SELECT CASE %(by)s WHEN 'site' THEN location WHEN 'charger' THEN evse
    WHEN 'firmware' THEN coalesce(firmware_version, 'unknown') ELSE ended_on::text END)
    AS named (value)
WHERE (%(party)s::text IS NULL OR seller = %(party)s)
  AND (%(from)s::date IS NULL OR ended_on >= %(from)s)
  AND (%(until)s::date IS NULL OR ended_on < %(until)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
  AND (%(locations)s::text[] IS NULL OR seller || '/' || lower(location) = ANY (%(locations)s))
GROUP BY seller, value
HAVING sum(different) > 0
ORDER BY sum(different)::numeric / sum(cdrs) DESC, sum(different) DESC, seller COLLATE "C",
         value COLLATE "C"
LIMIT %(limit)s
