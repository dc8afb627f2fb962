-- What clauses give to whom: steps of splits, fees, and what true-ups add to both. A reversal is a
-- row of its own with a negated amount; `exact`, `basis` and `fixed` stay what they were.

-- name: split_tables
-- The sale that a CDR's clauses share or are charged on, once per decision and per reversal.
CREATE TABLE {schema}.sale (
    position          bigint      NOT NULL,
    number            integer     NOT NULL,
    cdr               text        NOT NULL,
    reverses_position bigint,
    seller            text        NOT NULL,
    buyer             text        NOT NULL,
    agreement_version text        NOT NULL,
    currency          text        NOT NULL,
    net               numeric     NOT NULL,
    gross             numeric     NOT NULL,
    energy_kwh        numeric     NOT NULL,
    charger_country   text        NOT NULL,
    posted_period     text        NOT NULL,
    recorded_at       timestamptz NOT NULL,
    visible_to        text[]      NOT NULL,
    location          text        NOT NULL
);
-- `sale` is the number of the sale's row; a true-up is of a whole period, and of no CDR.
CREATE TABLE {schema}.step (
    position          bigint      NOT NULL,
    number            integer     NOT NULL,
    sale              integer,
    cdr               text,
    kind              text        NOT NULL CHECK (kind IN ('step', 'fee', 'true_up')),
    leg               integer     NOT NULL,
    place             integer     NOT NULL,
    reverses_position bigint,
    payee             text        NOT NULL,
    payer             text        NOT NULL,
    name              text        NOT NULL,
    clause            text        NOT NULL,
    agreement_version text        NOT NULL,
    basis_kind        text,
    basis             numeric,
    rate              text,
    fixed             text,
    bound             text,
    exact             text        NOT NULL,
    amount            numeric     NOT NULL CHECK (scale(amount) = 4),
    is_remaining      boolean     NOT NULL,
    currency          text        NOT NULL,
    posted_period     text        NOT NULL,
    recorded_at       timestamptz NOT NULL,
    visible_to        text[]      NOT NULL,
    CHECK ((kind = 'true_up') = (cdr IS NULL))
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.step, {schema}.sale TO clearwatt_app;

-- name: split_indexes
ALTER TABLE {schema}.step ADD PRIMARY KEY (position, number);
ALTER TABLE {schema}.sale ADD PRIMARY KEY (position, number);
CREATE INDEX step_cdr ON {schema}.step (cdr);

-- name: insert_split_sales
COPY {schema}.sale FROM STDIN

-- name: insert_split_steps
COPY {schema}.step FROM STDIN

-- name: split_list
SELECT position, number, cdr, kind, leg, place, reverses_position, payee, payer, name, clause,
       agreement_version, basis_kind, basis, rate, fixed, bound, exact, amount, is_remaining,
       currency, posted_period, recorded_at
FROM split.step
WHERE (%(cdr)s::text IS NULL OR cdr = %(cdr)s)
  AND (%(payee)s::text IS NULL OR payee = %(payee)s)
  AND (%(period)s::text IS NULL OR posted_period = %(period)s)
  AND (%(agreement_version)s::text IS NULL OR agreement_version = %(agreement_version)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(locations)s::text[] IS NULL OR EXISTS (
       SELECT FROM split.sale
       WHERE (sale.position, sale.number) = (step.position, step.sale)
         AND location = ANY (%(locations)s)))
ORDER BY position, number
LIMIT %(limit)s

-- name: split_sums
SELECT posted_period, payee, payer, agreement_version, clause, currency,
       coalesce(sum(CASE WHEN reverses_position IS NULL THEN 1 ELSE -1 END)
                FILTER (WHERE kind <> 'true_up'), 0),
       coalesce(sum(amount) FILTER (WHERE kind <> 'true_up'), 0),
       coalesce(sum(amount) FILTER (WHERE kind = 'true_up'), 0),
       sum(amount)
FROM split.step
WHERE (%(period)s::text IS NULL OR posted_period = %(period)s)
  AND (%(payee)s::text IS NULL OR payee = %(payee)s)
  AND (%(agreement_version)s::text IS NULL OR agreement_version = %(agreement_version)s)
  AND (%(locations)s::text[] IS NULL OR EXISTS (
       SELECT FROM split.sale
       WHERE (sale.position, sale.number) = (step.position, step.sale)
         AND location = ANY (%(locations)s)))
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
  AND (%(as_of)s::date IS NULL OR EXISTS (
       SELECT FROM journal.entry
       WHERE entry.position = step.position AND posted_on <= %(as_of)s
         AND (entry.reverses_position IS NULL) = (step.reverses_position IS NULL)))
  AND (%(book)s::text IS NULL OR EXISTS (
       SELECT FROM journal.entry
       WHERE entry.position = step.position AND book = %(book)s
         AND CASE WHEN rule LIKE '%%\_bought' THEN entry.buyer ELSE entry.seller END
             IN (step.payee, step.payer)))
GROUP BY posted_period, payee, payer, agreement_version, clause, currency
ORDER BY posted_period COLLATE "C", payee COLLATE "C", agreement_version COLLATE "C",
         clause COLLATE "C", payer COLLATE "C", currency COLLATE "C"

-- name: split_clause_uses
-- The exact amounts are fractions in text: their numerators are summed per denominator. What the
-- CPO of a charge gets of a sale that another party makes is its supply of the charge. Whoever
-- asks puts the rows in order.
SELECT step.agreement_version, clause,
       CASE WHEN kind = 'fee' THEN 'fee'
            WHEN payee = split_part(step.cdr, '/', 1) THEN 'wholesale' ELSE 'share' END AS sold,
       payee, payer, step.currency, charger_country,
       coalesce(nullif(split_part(exact, '/', 2), ''), '1') AS denominator,
       sum(split_part(exact, '/', 1)::numeric
           * CASE WHEN step.reverses_position IS NULL THEN 1 ELSE -1 END),
       sum(amount)
FROM split.step
JOIN split.sale ON sale.position = step.position AND sale.number = step.sale
WHERE step.posted_period = %(period)s AND clause <> ''
GROUP BY step.agreement_version, clause, sold, payee, payer, step.currency, charger_country,
         denominator

-- name: split_work_in_memory
-- For the next query: grouping a month's charges on disk takes four times as long.
SET LOCAL work_mem = '256MB'

-- name: split_tiered_charges
SELECT step.agreement_version, step.clause,
       CASE WHEN step.kind = 'fee' THEN 'fee'
            WHEN step.payee = split_part(step.cdr, '/', 1) THEN 'wholesale'
            ELSE 'share' END AS sold,
       step.payee, step.payer, step.currency, sale.charger_country,
       rest.agreement_version AS rest_version, rest.clause AS rest_clause,
       CASE WHEN rest.payee = split_part(rest.cdr, '/', 1) THEN 'wholesale'
            ELSE 'share' END AS rest_sold,
       rest.payee AS rest_payee, sale.currency AS sale_currency,
       coalesce(step.basis, sale.net) AS basis, sale.gross, sale.net, sale.energy_kwh,
       sum(CASE WHEN step.reverses_position IS NULL THEN 1 ELSE -1 END)
FROM split.step
JOIN split.sale ON sale.position = step.position AND sale.number = step.sale
LEFT JOIN split.step AS rest
    ON rest.position = step.position AND rest.sale = step.sale
   AND rest.kind = 'step' AND rest.is_remaining AND step.kind = 'step'
WHERE step.posted_period = %(period)s
  AND (step.agreement_version, step.clause)
      IN (SELECT * FROM unnest(%(versions)s::text[], %(clauses)s::text[]))
GROUP BY step.agreement_version, step.clause, sold, step.payee, step.payer, step.currency,
         sale.charger_country, rest_version, rest_clause, rest_sold, rest_payee, sale_currency,
         coalesce(step.basis, sale.net), sale.gross, sale.net, sale.energy_kwh
HAVING sum(CASE WHEN step.reverses_position IS NULL THEN 1 ELSE -1 END) <> 0

-- name: split_sales_volumes
SELECT split_part(agreement_version, '#', 1) AS agreement, currency,
       sum(CASE WHEN reverses_position IS NULL THEN 1 ELSE -1 END),
       sum(CASE WHEN reverses_position IS NULL THEN energy_kwh ELSE -energy_kwh END),
       sum(CASE WHEN reverses_position IS NULL THEN net ELSE -net END)
FROM split.sale
WHERE posted_period = %(period)s
  AND split_part(agreement_version, '#', 1) = ANY (%(agreements)s::text[])
GROUP BY agreement, currency
