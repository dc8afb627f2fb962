-- The exception queue: items, a version for each of their states, and the case files.

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
    sender          text,
    party           text,
    buyer           text,
    served_at       timestamptz,
    opened_at       timestamptz NOT NULL,
    resolved_at     timestamptz,
    location        text,
    PRIMARY KEY (position, number)
);
-- Nothing is open twice; what is open is found by it when it changes.
CREATE UNIQUE INDEX item_open ON {schema}.item (record, kind, key) WHERE resolved_at IS NULL;
CREATE TABLE {schema}.version (
    position      bigint      NOT NULL,
    number        integer     NOT NULL,
    changed_by    bigint      NOT NULL,
    changed_at    timestamptz NOT NULL,
    superseded_at timestamptz,
    state         text        NOT NULL CHECK (
                  state IN ('open', 'proposed', 'resubmission_requested', 'resolved')),
    resolution    text,
    reason        text        NOT NULL,
    path          text        NOT NULL,
    expected      text        NOT NULL,
    actual        text        NOT NULL,
    refusals      json        NOT NULL,
    check_number  integer,
    severity      text        NOT NULL CHECK (severity IN ('FATAL', 'SEVERE', 'WARNING')),
    owner         text        NOT NULL,
    origin        text        NOT NULL,
    stated_net    numeric,
    currency      text,
    PRIMARY KEY (position, number, changed_by)
);
-- What people say of a record, whatever is open about it: an assignment, or a comment.
CREATE TABLE {schema}.note (
    position    bigint      PRIMARY KEY,
    case_file   text        NOT NULL,
    actor       text,
    assignee    text,
    comment     text,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX note_case_file ON {schema}.note (case_file, position);
CREATE TABLE {schema}.terms (
    agreement    text        NOT NULL,
    number       integer     NOT NULL,
    valid_from   timestamptz NOT NULL,
    valid_until  timestamptz,
    correction_h integer     NOT NULL,
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (agreement, number)
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE ON {schema}.item, {schema}.version TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.note, {schema}.terms TO clearwatt_app;

-- name: exception_indexes
CREATE INDEX item_record ON {schema}.item (record);
CREATE INDEX version_current ON {schema}.version (reason)
    WHERE superseded_at IS NULL AND state <> 'resolved';

-- name: insert_exceptions
COPY {schema}.item FROM STDIN

-- name: insert_exception_versions
COPY {schema}.version FROM STDIN

-- name: insert_exception_notes
COPY {schema}.note FROM STDIN

-- name: insert_exception_terms
COPY {schema}.terms FROM STDIN

-- name: sessions_open
SELECT DISTINCT record
FROM unnest(string_to_array(%s, %s)) AS news (record)
JOIN {schema}.item USING (record)
WHERE kind = 'session' AND resolved_at IS NULL

-- name: change_exceptions
WITH found AS MATERIALIZED (
    SELECT item.position, item.number, last.changed_by AS before, news.changed_by,
           news.changed_at, coalesce(news.state, last.state) AS state, news.resolution,
           coalesce(news.reason, last.reason) AS reason, coalesce(news.path, last.path) AS path,
           coalesce(news.expected, last.expected) AS expected,
           coalesce(news.actual, last.actual) AS actual,
           coalesce(news.refusals, last.refusals) AS refusals,
           CASE WHEN news.reason IS NULL THEN last.check_number ELSE news.check_number END
               AS check_number,
           coalesce(news.severity, last.severity) AS severity,
           coalesce(news.owner, last.owner) AS owner, coalesce(news.origin, last.origin) AS origin,
           coalesce(news.stated_net, last.stated_net) AS stated_net,
           coalesce(news.currency, last.currency) AS currency
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::text[],
                %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::json[],
                %s::integer[], %s::text[], %s::text[], %s::text[], %s::numeric[], %s::text[])
        AS news (kind, record, key, changed_by, changed_at, state, resolution, reason, path,
                 expected, actual, refusals, check_number, severity, owner, origin, stated_net,
                 currency)
    JOIN {schema}.item ON item.record = news.record AND item.kind = news.kind
        AND item.resolved_at IS NULL AND (news.key IS NULL OR item.key = news.key)
    JOIN {schema}.version AS last ON (last.position, last.number) = (item.position, item.number)
        AND last.superseded_at IS NULL
), ended AS (
    UPDATE {schema}.version SET superseded_at = found.changed_at FROM found
    WHERE (version.position, version.number, version.changed_by)
        = (found.position, found.number, found.before)
), resolved AS (
    UPDATE {schema}.item SET resolved_at = found.changed_at FROM found
    WHERE (item.position, item.number) = (found.position, found.number)
      AND found.state = 'resolved'
)
INSERT INTO {schema}.version
SELECT position, number, changed_by, changed_at, NULL, state, resolution, reason, path, expected,
       actual, refusals, check_number, severity, owner, origin, stated_net, currency
FROM found

-- name: exception_list
SELECT item.position, item.number, kind, record, topic, partition, message_offset, state, reason,
       check_number, severity, owner, origin, path, expected, actual, refusals::text, stated_net,
       currency, sender, party, buyer, opened_at, due.at, changed_at,
       CASE state WHEN 'resolved' THEN changed_at END,
       CASE state WHEN 'resolved' THEN changed_by END, resolution, assigned.assignee,
       (SELECT count(comment) FROM exception.note
        WHERE case_file = kind || ' ' || record
          AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s))
FROM exception.item
JOIN exception.version USING (position, number)
CROSS JOIN LATERAL (
    -- What ends is due at its end; everything else when a correction is.
    SELECT CASE kind WHEN 'expiry' THEN (actual || 'T00:00:00Z')::timestamptz
    ELSE opened_at + make_interval(hours => coalesce((
        SELECT correction_h FROM exception.terms
        WHERE agreement = party || '>' || buyer
          AND valid_from <= coalesce(served_at, opened_at)
          AND (valid_until IS NULL OR coalesce(served_at, opened_at) < valid_until)
        ORDER BY valid_from DESC, terms.number DESC LIMIT 1), 72)) END AS at
) AS due
LEFT JOIN LATERAL (
    SELECT assignee FROM exception.note
    WHERE case_file = kind || ' ' || record AND assignee IS NOT NULL
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
    ORDER BY note.position DESC LIMIT 1
) AS assigned ON true
WHERE (%(position)s::bigint IS NULL
       OR (item.position, item.number) = (%(position)s, %(number)s))
  AND CASE WHEN %(known_at)s::timestamptz IS NULL THEN superseded_at IS NULL
           ELSE changed_at <= %(known_at)s
                AND (superseded_at IS NULL OR superseded_at > %(known_at)s) END
  AND (%(with_resolved)s OR state <> 'resolved')
  AND (%(kind)s::text IS NULL AND (%(with_findings)s OR kind <> 'finding') OR kind = %(kind)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(reason)s::text IS NULL OR EXISTS (
       SELECT FROM json_array_elements(refusals) AS said WHERE said ->> 'reason' = %(reason)s))
  AND (%(severity)s::text IS NULL OR severity = %(severity)s)
  AND (%(owner)s::text IS NULL OR owner = %(owner)s)
  AND (%(origin)s::text IS NULL OR origin = %(origin)s)
  AND (%(record)s::text IS NULL OR record = %(record)s)
  AND (%(party)s::text IS NULL OR %(party)s IN (party, buyer))
  AND (%(sender)s::text IS NULL OR sender = %(sender)s)
  AND (%(assignee)s::text IS NULL OR assigned.assignee = %(assignee)s)
  AND (%(overdue_at)s::timestamptz IS NULL OR due.at < %(overdue_at)s)
  AND (%(min_amount)s::numeric IS NULL OR abs(stated_net) >= %(min_amount)s)
  AND (%(locations)s::text[] IS NULL OR location = ANY (%(locations)s))
ORDER BY item.position, item.number
LIMIT %(limit)s

-- name: exception_history
SELECT changed_by, changed_at, state, reason, path, expected, actual, resolution
FROM exception.version
WHERE (position, number) = (%(position)s, %(number)s)
ORDER BY changed_at, changed_by

-- name: exception_notes
SELECT position, actor, assignee, comment, recorded_at
FROM exception.note
WHERE case_file = %(case_file)s
ORDER BY position

-- name: exception_counts
SELECT kind, reason, currency, count(*), sum(stated_net)
FROM exception.item JOIN exception.version USING (position, number)
WHERE resolved_at IS NULL AND superseded_at IS NULL AND (kind <> 'finding' OR %(with_findings)s)
GROUP BY kind, reason, currency
ORDER BY kind, count(*) DESC, reason, currency
