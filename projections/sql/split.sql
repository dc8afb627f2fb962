-- Split steps; a reversal is a row of its own with a negated amount.

-- name: split_tables
CREATE TABLE {schema}.step (
    position          bigint      NOT NULL,
    number            integer     NOT NULL,
    cdr               text        NOT NULL,
    leg               integer     NOT NULL,
    place             integer     NOT NULL,
    reverses_position bigint,
    payee             text        NOT NULL,
    basis             numeric     NOT NULL,
    rate              text        NOT NULL,
    exact             text        NOT NULL,
    amount            numeric     NOT NULL CHECK (scale(amount) = 4),
    is_remaining      boolean     NOT NULL,
    currency          text        NOT NULL,
    posted_period     text        NOT NULL,
    recorded_at       timestamptz NOT NULL,
    visible_to        text[]      NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.step TO clearwatt_app;

-- name: split_indexes
ALTER TABLE {schema}.step ADD PRIMARY KEY (position, number);
CREATE INDEX step_cdr ON {schema}.step (cdr);

-- name: insert_split_steps
COPY {schema}.step FROM STDIN

-- name: split_list
SELECT position, number, cdr, leg, place, reverses_position, payee, basis, rate, exact, amount,
       is_remaining, currency, posted_period, recorded_at
FROM split.step
WHERE (%(cdr)s::text IS NULL OR cdr = %(cdr)s)
  AND (%(payee)s::text IS NULL OR payee = %(payee)s)
  AND (%(period)s::text IS NULL OR posted_period = %(period)s)
ORDER BY position, number
LIMIT %(limit)s

-- name: split_sums
SELECT posted_period, payee, currency, sum(amount)
FROM split.step
WHERE %(period)s::text IS NULL OR posted_period = %(period)s
GROUP BY posted_period, payee, currency
ORDER BY posted_period COLLATE "C", payee COLLATE "C", currency COLLATE "C"
