-- Conversions: the rate of every entry in a currency that is not its book's, and of every price
-- that was brought into the currency of settlement.

-- name: exchange_tables
CREATE TABLE {schema}.conversion (
    position         bigint      NOT NULL,
    number           integer     NOT NULL,
    kind             text        NOT NULL CHECK (kind IN ('book', 'settlement')),
    book             text        NOT NULL,
    accounting_month text        NOT NULL,
    posted_on        date        NOT NULL,
    cdr              text,
    from_currency    text        NOT NULL,
    to_currency      text        NOT NULL,
    rate             numeric     NOT NULL CHECK (rate > 0),
    rate_on          date        NOT NULL,
    source           text        NOT NULL,
    date_rule        text        NOT NULL,
    published_on     date,
    reference_rate   numeric,
    markup_bps       integer     NOT NULL,
    from_per_euro    numeric,
    to_per_euro      numeric,
    amount           numeric     NOT NULL,
    converted        numeric     NOT NULL,
    markup           numeric     NOT NULL,
    recorded_at      timestamptz NOT NULL,
    visible_to       text[]      NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.conversion TO clearwatt_app;

-- name: exchange_indexes
ALTER TABLE {schema}.conversion ADD PRIMARY KEY (position, number);
CREATE INDEX conversion_month ON {schema}.conversion (accounting_month, book);

-- name: insert_conversions
COPY {schema}.conversion FROM STDIN

-- name: conversions
SELECT kind, book, from_currency, to_currency, source, date_rule, published_on, rate,
       reference_rate, markup_bps, from_per_euro, to_per_euro,
       count(*), sum(amount), sum(converted), sum(markup)
FROM exchange.conversion
WHERE (%(book)s::text IS NULL OR book = %(book)s)
  AND (%(month)s::text IS NULL OR accounting_month = %(month)s)
  AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
GROUP BY kind, book, from_currency, to_currency, source, date_rule, published_on, rate,
         reference_rate, markup_bps, from_per_euro, to_per_euro
ORDER BY book COLLATE "C", kind DESC, from_currency COLLATE "C", to_currency COLLATE "C",
         published_on, source COLLATE "C", date_rule COLLATE "C", rate, markup_bps
