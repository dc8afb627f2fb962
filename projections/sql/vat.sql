-- VAT decisions, one row per leg; a reversal is a row of its own with negated amounts.

-- name: vat_tables
CREATE TABLE {schema}.decision (
    position          bigint      NOT NULL,
    number            integer     NOT NULL,
    cdr               text        NOT NULL,
    leg               integer     NOT NULL,
    reverses_position bigint,
    kind              text        NOT NULL,
    seller            text        NOT NULL,
    buyer             text        NOT NULL,
    rule              text        NOT NULL,
    place             text        NOT NULL,
    category          text        NOT NULL,
    percent           numeric     NOT NULL,
    net               numeric     NOT NULL CHECK (scale(net) = 4),
    vat               numeric     NOT NULL CHECK (scale(vat) = 4),
    currency          text        NOT NULL,
    tax_point         date        NOT NULL,
    buyer_accounts    boolean     NOT NULL,
    exemption         text        NOT NULL,
    why               text        NOT NULL,
    rate_source       text        NOT NULL,
    data_version      text        NOT NULL,
    posted_period     text        NOT NULL,
    accounting_month  text        NOT NULL,
    recorded_at       timestamptz NOT NULL,
    visible_to        text[]      NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.decision TO clearwatt_app;

-- name: vat_indexes
ALTER TABLE {schema}.decision ADD PRIMARY KEY (position, number);
CREATE INDEX decision_cdr ON {schema}.decision (cdr);

-- name: insert_vat_decisions
COPY {schema}.decision FROM STDIN

-- name: vat_list
SELECT position, number, cdr, leg, reverses_position, kind, seller, buyer, rule, place, category,
       percent, net, vat, currency, tax_point, buyer_accounts, exemption, why, rate_source,
       posted_period, accounting_month, recorded_at
FROM vat.decision
WHERE (%(cdr)s::text IS NULL OR cdr = %(cdr)s)
  AND (%(seller)s::text IS NULL OR seller = %(seller)s)
  AND (%(buyer)s::text IS NULL OR buyer = %(buyer)s)
  AND (%(month)s::text IS NULL OR accounting_month = %(month)s)
  AND (%(place)s::text IS NULL OR place = %(place)s)
ORDER BY position, number
LIMIT %(limit)s

-- name: vat_sums
SELECT seller, buyer, accounting_month, place, category, percent, currency, sum(net), sum(vat)
FROM vat.decision
WHERE %(month)s::text IS NULL OR accounting_month = %(month)s
GROUP BY seller, buyer, accounting_month, place, category, percent, currency
ORDER BY seller COLLATE "C", buyer COLLATE "C", accounting_month, place, category, percent, currency
