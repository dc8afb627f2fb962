-- Settlement periods: steps, sums of the clearing accounts, and how each CDR stands.

-- name: period_tables
CREATE TABLE {schema}.step (
    position    bigint      PRIMARY KEY,
    period      text        NOT NULL,
    state       text        NOT NULL,
    time_zone   text,
    actor       text,
    occurred_at timestamptz,
    recorded_at timestamptz NOT NULL,
    figures     json        NOT NULL,
    checkpoint  json        NOT NULL,
    log_root    text
);
CREATE TABLE {schema}.clearing (
    period            text    NOT NULL,
    book              text    NOT NULL,
    party             text    NOT NULL,
    counterparty      text    NOT NULL,
    currency          text    NOT NULL,
    receivable_debit  numeric NOT NULL,
    receivable_credit numeric NOT NULL,
    payable_debit     numeric NOT NULL,
    payable_credit    numeric NOT NULL,
    PRIMARY KEY (period, book, party, counterparty, currency)
);
-- net and gross are the sale's, before and after tax, in its currency; booked_gross is what the
-- period holds of it, reversals and adjustments included.
CREATE TABLE {schema}.cdr (
    posted_period  text        NOT NULL,
    cdr            text        NOT NULL,
    standing       text        NOT NULL
                   CHECK (standing IN ('valid', 'adjusted', 'credited', 'excluded')),
    service_period text        NOT NULL,
    seller         text        NOT NULL,
    buyer          text        NOT NULL,
    currency       text        NOT NULL,
    net            numeric     NOT NULL,
    gross          numeric     NOT NULL,
    booked_gross   numeric     NOT NULL,
    late_of        text,
    ended_at       timestamptz NOT NULL,
    position       bigint      NOT NULL,
    visible_to     text[]      NOT NULL,
    location       text        NOT NULL,
    PRIMARY KEY (posted_period, cdr)
);
-- CDRs of which nothing is booked: they wait, were refused, or were excluded before they were.
CREATE TABLE {schema}.unbooked (
    cdr        text        PRIMARY KEY,
    state      text        NOT NULL CHECK (state IN ('held', 'refused', 'excluded')),
    seller     text        NOT NULL,
    buyer      text        NOT NULL,
    ended_at   timestamptz NOT NULL,
    reasons    text        NOT NULL,
    stated_net numeric     NOT NULL,
    currency   text        NOT NULL,
    since      timestamptz NOT NULL,
    location   text        NOT NULL
);
-- How many open disputes keep a part of a CDR.
CREATE TABLE {schema}.contested (
    cdr      text    PRIMARY KEY,
    disputes integer NOT NULL
);
CREATE TABLE {schema}.party (
    party  text PRIMARY KEY,
    entity text NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.step TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE ON {schema}.clearing, {schema}.party, {schema}.contested
    TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.cdr, {schema}.unbooked TO clearwatt_app;

-- name: period_indexes
CREATE INDEX step_period ON {schema}.step (period, position);

-- name: insert_period_steps
COPY {schema}.step FROM STDIN

-- name: insert_period_cdrs
COPY {schema}.cdr FROM STDIN

-- name: add_to_clearing
INSERT INTO {schema}.clearing AS kept
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
ON CONFLICT (period, book, party, counterparty, currency) DO UPDATE SET
    receivable_debit = kept.receivable_debit + excluded.receivable_debit,
    receivable_credit = kept.receivable_credit + excluded.receivable_credit,
    payable_debit = kept.payable_debit + excluded.payable_debit,
    payable_credit = kept.payable_credit + excluded.payable_credit

-- name: change_period_cdrs
INSERT INTO {schema}.cdr AS kept
SELECT posted_period, cdr, standing, service_period, seller, buyer, currency, net, gross,
       added, late_of, ended_at, position, visible_to::text[], location
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::numeric[], %s::numeric[], %s::numeric[], %s::text[], %s::timestamptz[],
            %s::bigint[], %s::text[], %s::text[])
    AS news (posted_period, cdr, standing, service_period, seller, buyer, currency, net, gross,
             added, late_of, ended_at, position, visible_to, location)
ON CONFLICT (posted_period, cdr) DO UPDATE SET
    standing = excluded.standing, service_period = excluded.service_period,
    net = excluded.net, gross = excluded.gross, currency = excluded.currency,
    booked_gross = kept.booked_gross + excluded.booked_gross, ended_at = excluded.ended_at,
    position = excluded.position, visible_to = excluded.visible_to,
    location = excluded.location

-- name: remove_period_cdrs
DELETE FROM {schema}.cdr USING unnest(%s::text[], %s::text[]) AS gone (posted_period, cdr)
WHERE (cdr.posted_period, cdr.cdr) = (gone.posted_period, gone.cdr) AND cdr.booked_gross = 0

-- name: drop_unbooked
DELETE FROM {schema}.unbooked USING unnest(%s::text[]) AS gone (cdr) WHERE unbooked.cdr = gone.cdr

-- name: keep_unbooked
INSERT INTO {schema}.unbooked
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[],
                     %s::numeric[], %s::text[], %s::timestamptz[], %s::text[])
ON CONFLICT (cdr) DO UPDATE SET
    state = excluded.state, buyer = excluded.buyer, ended_at = excluded.ended_at,
    reasons = excluded.reasons, stated_net = excluded.stated_net, currency = excluded.currency,
    location = excluded.location

-- name: count_contested
INSERT INTO {schema}.contested AS kept SELECT * FROM unnest(%s::text[], %s::integer[])
ON CONFLICT (cdr) DO UPDATE SET disputes = kept.disputes + excluded.disputes

-- name: keep_parties
INSERT INTO {schema}.party SELECT * FROM unnest(%s::text[], %s::text[])
ON CONFLICT (party) DO UPDATE SET entity = excluded.entity

-- name: period_list
SELECT period, coalesce(last.state, 'NEW'), first.time_zone, last.recorded_at,
       coalesce(booked.cdrs, 0), coalesce(booked.late, 0)
FROM (SELECT period FROM period.step UNION SELECT posted_period FROM period.cdr) AS known
LEFT JOIN LATERAL (SELECT state, recorded_at FROM period.step AS s WHERE s.period = known.period
                   ORDER BY position DESC LIMIT 1) AS last ON true
LEFT JOIN LATERAL (SELECT time_zone FROM period.step AS s WHERE s.period = known.period
                   AND time_zone IS NOT NULL ORDER BY position LIMIT 1) AS first ON true
LEFT JOIN (SELECT posted_period, count(*) AS cdrs, count(late_of) AS late
           FROM period.cdr GROUP BY posted_period) AS booked ON booked.posted_period = period
WHERE %(period)s::text IS NULL OR period = %(period)s
ORDER BY period COLLATE "C"

-- name: period_steps
SELECT position, state, time_zone, actor, occurred_at, recorded_at, figures::text,
       checkpoint::text, log_root
FROM period.step WHERE period = %(period)s ORDER BY position

-- name: period_positions
SELECT party, string_agg(DISTINCT book, ', ' ORDER BY book), currency,
       sum(receivable_debit - receivable_credit), sum(payable_credit - payable_debit),
       sum(receivable_debit - receivable_credit - payable_credit + payable_debit)
FROM period.clearing WHERE period = %(period)s
GROUP BY party, currency
ORDER BY party COLLATE "C", currency COLLATE "C"

-- name: period_pairs
SELECT party, counterparty, currency, sum(receivable_debit - receivable_credit),
       sum(payable_credit - payable_debit)
FROM period.clearing WHERE period = %(period)s
GROUP BY party, counterparty, currency
ORDER BY party COLLATE "C", counterparty COLLATE "C", currency COLLATE "C"

-- name: period_cdr_count
SELECT count(*),
       encode(sha256(convert_to(
           coalesce(string_agg(cdr || chr(10), '' ORDER BY cdr COLLATE "C"), ''), 'UTF8')), 'hex')
FROM period.cdr WHERE posted_period = %(period)s

-- name: period_cdrs
SELECT cdr, service_period, posted_period, standing, seller, buyer, currency, net, gross,
       booked_gross, late_of, coalesce(disputes, 0) > 0, ended_at, position
FROM period.cdr LEFT JOIN period.contested USING (cdr)
WHERE posted_period = %(period)s AND (%(standing)s::text IS NULL OR standing = %(standing)s)
ORDER BY cdr COLLATE "C"
LIMIT %(limit)s

-- name: period_unbooked
SELECT cdr, ended_at, reasons, stated_net, currency, since
FROM period.unbooked
WHERE state = %(state)s
  AND (%(from)s::timestamptz IS NULL OR ended_at >= %(from)s)
  AND (%(until)s::timestamptz IS NULL OR ended_at < %(until)s)
ORDER BY cdr COLLATE "C"
LIMIT %(limit)s

-- name: period_standings
SELECT standing, sum(cdrs)::bigint, sum(late)::bigint, sum(disputed)::bigint
FROM (
    SELECT standing, count(*) AS cdrs, count(late_of) AS late,
           count(*) FILTER (WHERE disputes > 0) AS disputed
    FROM period.cdr LEFT JOIN period.contested USING (cdr)
    WHERE posted_period = %(period)s
    GROUP BY standing
    UNION ALL
    SELECT state, count(*), 0, 0 FROM period.unbooked
    WHERE ended_at >= %(from)s AND ended_at < %(until)s
    GROUP BY state
) AS counted
GROUP BY standing
ORDER BY standing

-- name: cdr_list
SELECT cdr, state, standing, service_period, posted_period, seller, buyer, currency, net, gross,
       booked_gross, late_of, is_disputed, ended_at, reasons, location
FROM (
    SELECT cdr, CASE standing WHEN 'credited' THEN 'credited' WHEN 'excluded' THEN 'excluded'
                ELSE 'accepted' END AS state,
           standing, service_period, posted_period, seller, buyer, currency, net, gross,
           booked_gross, late_of, coalesce(disputes, 0) > 0 AS is_disputed, ended_at, '' AS reasons,
           location
    FROM period.cdr LEFT JOIN period.contested USING (cdr)
    UNION ALL
    SELECT cdr, state, CASE state WHEN 'excluded' THEN state END, NULL, NULL, seller, buyer,
           currency, stated_net, NULL, 0, NULL, false, ended_at, reasons, location
    FROM period.unbooked
) AS listed
WHERE (%(period)s::text IS NULL OR posted_period = %(period)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(standing)s::text IS NULL OR standing = %(standing)s)
  AND (%(party)s::text IS NULL OR %(party)s IN (seller, buyer))
  AND (NOT %(late)s OR late_of IS NOT NULL)
  AND (NOT %(disputed)s OR is_disputed)
  AND (%(locations)s::text[] IS NULL OR location = ANY (%(locations)s))
ORDER BY cdr COLLATE "C", posted_period
LIMIT %(limit)s

-- name: period_clearing_excess
SELECT currency, sum(receivable_debit - receivable_credit - payable_credit + payable_debit)
FROM period.clearing WHERE period = %(period)s
GROUP BY currency HAVING
    sum(receivable_debit - receivable_credit - payable_credit + payable_debit) <> 0
ORDER BY currency
