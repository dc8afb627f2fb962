-- VAT decisions, one row per leg and tax class; a reversal is a row of its own with negated
-- amounts. What fell due: a row per invoice group and side, as it was rounded.

-- name: vat_tables
CREATE TABLE {schema}.decision (
    position          bigint      NOT NULL,
    number            integer     NOT NULL,
    cdr               text,
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
    buyer_percent     numeric,
    seller_number     text        NOT NULL,
    buyer_number      text        NOT NULL,
    tax_class         text        NOT NULL,
    supply            text        NOT NULL,
    standard_percent  numeric,
    tax_period        text        NOT NULL,
    for_driver        boolean     NOT NULL,
    seller_book       text        NOT NULL,
    buyer_book        text        NOT NULL,
    visible_to        text[]      NOT NULL,
    posted_period     text        NOT NULL,
    accounting_month  text        NOT NULL,
    posted_on         date        NOT NULL,
    recorded_at       timestamptz NOT NULL
);
-- `country` is where the side declares it; amounts are in the sale's currency, `book_…` in the
-- book's, `tax_…` in the country's, null where neither of them is and nobody recorded a rate.
CREATE TABLE {schema}.due (
    position           bigint      NOT NULL,
    number             integer     NOT NULL,
    side               text        NOT NULL CHECK (side IN ('sold', 'bought')),
    book               text        NOT NULL,
    country            text        NOT NULL,
    seller             text        NOT NULL,
    buyer              text        NOT NULL,
    seller_country     text        NOT NULL,
    buyer_country      text        NOT NULL,
    seller_number      text        NOT NULL,
    buyer_number       text        NOT NULL,
    rule               text        NOT NULL,
    place              text        NOT NULL,
    category           text        NOT NULL,
    percent            numeric     NOT NULL,
    buyer_percent      numeric,
    tax_class          text        NOT NULL,
    supply             text        NOT NULL,
    for_driver         boolean     NOT NULL,
    tax_period         text        NOT NULL,
    currency           text        NOT NULL,
    net                numeric     NOT NULL CHECK (scale(net) = 4),
    tax                numeric     NOT NULL CHECK (scale(tax) = 4),
    self_assessed      numeric     NOT NULL CHECK (scale(self_assessed) = 4),
    accrued_net        numeric     NOT NULL CHECK (scale(accrued_net) = 4),
    accrued_tax        numeric     NOT NULL CHECK (scale(accrued_tax) = 4),
    book_currency      text        NOT NULL,
    book_net           numeric     NOT NULL,
    book_tax           numeric     NOT NULL,
    book_self_assessed numeric     NOT NULL,
    tax_currency       text        NOT NULL,
    tax_net            numeric,
    tax_tax            numeric,
    tax_self_assessed  numeric,
    period             text        NOT NULL,
    accounting_month   text        NOT NULL,
    posted_on          date        NOT NULL,
    recorded_at        timestamptz NOT NULL,
    visible_to         text[]      NOT NULL
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.decision, {schema}.due TO clearwatt_app;

-- name: vat_indexes
ALTER TABLE {schema}.decision ADD PRIMARY KEY (position, number);
CREATE INDEX decision_cdr ON {schema}.decision (cdr);
CREATE INDEX decision_seller ON {schema}.decision (seller_book, tax_period);
ALTER TABLE {schema}.due ADD PRIMARY KEY (position, number);
CREATE INDEX due_book ON {schema}.due (book, country, tax_period);

-- name: insert_vat_decisions
COPY {schema}.decision FROM STDIN

-- name: insert_vat_due
COPY {schema}.due FROM STDIN

-- name: vat_list
SELECT position, number, cdr, leg, reverses_position, kind, seller, buyer, rule, place, category,
       percent, net, vat, currency, tax_point, buyer_accounts, exemption, why, rate_source,
       posted_period, accounting_month, recorded_at, tax_class, supply, tax_period, buyer_percent,
       seller_number, buyer_number
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

-- name: vat_margins
-- What stays with an eMSP that sells CDRs on to its drivers: `fees` are the fees and shares it pays
-- less those it gets. Where a CDR's sales are in several currencies, there is no margin in one.
SELECT emsp, cpo, month, currency, is_one_currency,
       count(*) FILTER (WHERE retail <> 0 OR wholesale <> 0 OR fees <> 0),
       sum(retail), sum(wholesale), sum(fees),
       CASE WHEN is_one_currency THEN sum(retail - wholesale - fees) END
FROM (
    SELECT emsp, cpo, month, currency,
           count(*) OVER (PARTITION BY emsp, cdr, month) = 1 AS is_one_currency,
           retail, wholesale, fees
    FROM (
        SELECT resale.emsp, decision.cdr, split_part(decision.cdr, '/', 1) AS cpo, currency,
               CASE WHEN %(by_month)s THEN accounting_month END AS month,
               coalesce(sum(net) FILTER (WHERE kind = 'retail'), 0) AS retail,
               coalesce(sum(net) FILTER (WHERE kind = 'wholesale'), 0) AS wholesale,
               coalesce(sum(CASE WHEN buyer = emsp THEN net ELSE -net END)
                        FILTER (WHERE kind IN ('fee', 'share')), 0) AS fees
        FROM vat.decision
        JOIN (SELECT DISTINCT cdr, seller AS emsp FROM vat.decision
              WHERE kind = 'retail' AND seller <> split_part(cdr, '/', 1)
                AND (%(cdr)s::text IS NULL OR cdr = %(cdr)s)
                AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)) AS resale
            ON resale.cdr = decision.cdr AND emsp IN (seller, buyer)
        WHERE (%(party)s::text IS NULL OR %(party)s IN (emsp, split_part(decision.cdr, '/', 1)))
          AND (%(period)s::text IS NULL OR posted_period = %(period)s)
          AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
        GROUP BY resale.emsp, decision.cdr, month, currency
    ) AS sold
) AS told
GROUP BY emsp, cpo, month, currency, is_one_currency
ORDER BY emsp COLLATE "C", cpo COLLATE "C", month, currency, is_one_currency
