-- Payments: one row per event about one, and what drivers owe for CDRs, as it was booked.

-- name: payment_tables
CREATE TABLE {schema}.step (
    position       bigint      NOT NULL,
    payment        text        NOT NULL,
    sequence       bigint      NOT NULL,
    status         text        NOT NULL,
    state          text        NOT NULL CHECK (state IN ('accepted', 'held', 'conflict')),
    cpo            text        NOT NULL,
    collector      text        NOT NULL,
    provider       text        NOT NULL,
    currency       text        NOT NULL,
    amount         numeric     NOT NULL,
    card_fee       numeric,
    chargeback_fee numeric,
    cdr            text,
    session        text,
    reference      text,
    said           text,
    occurred_at    timestamptz NOT NULL,
    posted_on      date,
    refusals       json,
    because        text        NOT NULL,
    actor          text,
    recorded_at    timestamptz NOT NULL,
    visible_to     text[]      NOT NULL
);
-- What a driver owes for a CDR is the sum of its rows; is_on_the_spot: it is paid ad hoc.
CREATE TABLE {schema}.owed (
    position       bigint      NOT NULL,
    number         integer     NOT NULL,
    cdr            text        NOT NULL,
    session        text,
    reference      text,
    collector      text        NOT NULL,
    is_on_the_spot boolean     NOT NULL,
    ended_at       timestamptz NOT NULL,
    currency       text        NOT NULL,
    gross          numeric     NOT NULL,
    posted_on      date        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    visible_to     text[]      NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.step, {schema}.owed TO clearwatt_app;

-- name: payment_indexes
ALTER TABLE {schema}.step ADD PRIMARY KEY (position);
ALTER TABLE {schema}.owed ADD PRIMARY KEY (position, number);
CREATE INDEX step_payment ON {schema}.step (payment, sequence, position);
CREATE INDEX owed_cdr ON {schema}.owed (cdr);
CREATE INDEX owed_session ON {schema}.owed (session) WHERE session IS NOT NULL;
CREATE INDEX owed_reference ON {schema}.owed (reference) WHERE reference IS NOT NULL;

-- name: insert_payment_steps
COPY {schema}.step FROM STDIN

-- name: insert_payment_owed
COPY {schema}.owed FROM STDIN

-- name: payment_list
WITH stands AS (
    SELECT DISTINCT ON (payment, sequence) *
    FROM payment.step
    WHERE state <> 'conflict'
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
    ORDER BY payment, sequence, position DESC
), told AS (
    -- Posted by the day: what is not yet, is as if it had not been told.
    SELECT * FROM stands
    WHERE %(as_of)s::date IS NULL OR state = 'held' OR posted_on <= %(as_of)s
), paid AS (
    SELECT payment, cpo, collector, provider, currency,
           (array_agg(status ORDER BY sequence DESC) FILTER (WHERE state = 'accepted'))[1]
               AS status,
           count(*) FILTER (WHERE state = 'held') AS held,
           sum(amount) FILTER (WHERE state = 'accepted' AND status = 'AUTHORISED') AS authorised,
           coalesce(sum(amount) FILTER (WHERE state = 'accepted' AND status = 'CAPTURED'), 0)
               AS captured,
           coalesce(sum(amount) FILTER (
               WHERE state = 'accepted' AND status IN ('REFUNDED', 'CHARGED_BACK')), 0)
               AS returned,
           array_agg(DISTINCT cdr) FILTER (WHERE cdr IS NOT NULL) AS cdrs,
           array_agg(DISTINCT session) FILTER (WHERE session IS NOT NULL) AS sessions,
           array_agg(DISTINCT reference) FILTER (WHERE reference IS NOT NULL) AS refs,
           min(occurred_at) AS began_at, max(occurred_at) AS changed_at
    FROM told
    GROUP BY payment, cpo, collector, provider, currency
), owed AS (
    SELECT cdr, currency, sum(gross) AS gross, min(collector) AS collector,
           bool_or(is_on_the_spot) AS is_on_the_spot, max(ended_at) AS ended_at
    FROM payment.owed
    WHERE (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
      AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
    GROUP BY cdr, currency
), matched AS (
    -- What still owes counts before what does not, what a payment names before what is found by
    -- its session, and that before the reference. Several payments may pay one CDR, a payment
    -- pays one.
    SELECT DISTINCT ON (paid.payment, paid.currency) paid.*, found.cdr, found.by, owed.gross
    FROM paid LEFT JOIN LATERAL (
        SELECT DISTINCT o.cdr,
               CASE WHEN o.cdr = ANY (paid.cdrs) THEN 'cdr'
                    WHEN o.session = ANY (paid.sessions) THEN 'session'
                    ELSE 'reference' END AS by
        FROM payment.owed AS o
        WHERE (o.cdr = ANY (paid.cdrs) OR o.session = ANY (paid.sessions)
               OR o.reference = ANY (paid.refs))
          AND starts_with(o.cdr, paid.cpo || '/')
          AND (%(known_at)s::timestamptz IS NULL OR o.recorded_at <= %(known_at)s)
          AND (%(as_of)s::date IS NULL OR o.posted_on <= %(as_of)s)
    ) AS found ON true
    LEFT JOIN owed ON owed.cdr = found.cdr AND owed.currency = paid.currency
    ORDER BY paid.payment, paid.currency, coalesce(owed.gross, 0) = 0,
             array_position(ARRAY['cdr', 'session', 'reference'], found.by), found.cdr COLLATE "C"
), balanced AS (
    SELECT cdr, currency, sum(captured - returned) AS net_paid FROM matched
    WHERE cdr IS NOT NULL GROUP BY cdr, currency
), compared AS (
    SELECT m.payment, m.status, m.held, m.collector, m.provider, m.currency, m.authorised,
           m.captured, m.returned, m.cdr, m.by, m.gross,
           CASE WHEN m.cdr IS NULL THEN m.captured - m.returned
                ELSE balanced.net_paid - coalesce(m.gross, 0) END AS difference,
           m.began_at, m.changed_at, m.cpo,
           CASE WHEN m.cdr IS NULL AND m.captured > m.returned THEN 'PAYMENT_WITHOUT_CDR'
                WHEN m.cdr IS NOT NULL AND m.captured > 0
                     AND balanced.net_paid <> coalesce(m.gross, 0) THEN 'PAYMENT_DIFFERS'
           END AS finding
    FROM matched AS m
    LEFT JOIN balanced ON balanced.cdr = m.cdr AND balanced.currency = m.currency
    UNION ALL
    -- Charges that are paid on the spot, for which nothing came in time.
    SELECT NULL, NULL, 0, owed.collector, NULL, owed.currency, NULL, 0, 0, owed.cdr, NULL,
           owed.gross, -owed.gross, owed.ended_at, owed.ended_at, split_part(owed.cdr, '/', 1),
           'PAYMENT_MISSING'
    FROM owed
    WHERE is_on_the_spot AND gross > 0
      AND ended_at <= coalesce(
          (%(due_by_pair)s::jsonb ->> (split_part(cdr, '/', 1) || '>' || collector))::timestamptz,
          %(due_since)s)
      AND NOT EXISTS (SELECT FROM matched WHERE matched.cdr = owed.cdr AND matched.captured > 0)
)
SELECT payment, status, held, collector, provider, currency, authorised, captured, returned, cdr,
       by, gross, difference, finding, began_at, changed_at
FROM compared
WHERE (%(payment)s::text IS NULL OR payment = %(payment)s)
  AND (%(cdr)s::text IS NULL OR cdr = %(cdr)s)
  AND (%(party)s::text IS NULL OR %(party)s IN (cpo, collector, provider))
  AND (%(findings)s::text[] IS NULL OR finding = ANY (%(findings)s))
ORDER BY began_at, payment COLLATE "C" NULLS LAST, cdr COLLATE "C", currency
LIMIT %(limit)s

-- name: payment_steps
SELECT position, sequence, status, state, currency, amount, card_fee, chargeback_fee, cdr,
       session, reference, said, occurred_at, posted_on, refusals::text, because, actor,
       recorded_at
FROM payment.step
WHERE payment = %(payment)s
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY position
