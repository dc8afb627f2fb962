-- What is accrued per settlement period, invoice group, account and agreement version: debits less
-- credits, in the currency of the sale and of the book; what fell due of it is kept beside, with its
-- own sign.

-- name: accrual_tables
-- The columns of a group are those of the ledger's; rates are text, empty where there is none. What
-- fell due did so under no agreement version alone, and has none.
CREATE TABLE {schema}.sum (
    posted_period     text    NOT NULL,
    book              text    NOT NULL,
    account           text    NOT NULL,
    seller            text    NOT NULL,
    buyer             text    NOT NULL,
    currency          text    NOT NULL,
    place             text    NOT NULL,
    category          text    NOT NULL,
    percent           text    NOT NULL,
    tax_period        text    NOT NULL,
    rule              text    NOT NULL,
    seller_book       text    NOT NULL,
    buyer_book        text    NOT NULL,
    buyer_percent     text    NOT NULL,
    tax_class         text    NOT NULL,
    supply            text    NOT NULL,
    seller_number     text    NOT NULL,
    buyer_number      text    NOT NULL,
    for_driver        boolean NOT NULL,
    agreement_version text    NOT NULL,
    amount            numeric NOT NULL,
    book_amount       numeric NOT NULL,
    due_amount        numeric NOT NULL,
    due_book_amount   numeric NOT NULL,
    PRIMARY KEY (posted_period, seller, buyer, account, book, currency, place, category, percent,
                 tax_period, rule, seller_book, buyer_book, buyer_percent, tax_class, supply,
                 seller_number, buyer_number, for_driver, agreement_version)
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE ON {schema}.sum TO clearwatt_app;

-- name: accrual_indexes
CREATE INDEX sum_book ON {schema}.sum (book, account);

-- name: add_to_accruals
INSERT INTO {schema}.sum AS kept
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::boolean[], %s::text[], %s::numeric[], %s::numeric[], %s::numeric[],
                     %s::numeric[])
ON CONFLICT (posted_period, seller, buyer, account, book, currency, place, category, percent,
             tax_period, rule, seller_book, buyer_book, buyer_percent, tax_class, supply,
             seller_number, buyer_number, for_driver, agreement_version) DO UPDATE SET
    amount = kept.amount + excluded.amount,
    book_amount = kept.book_amount + excluded.book_amount,
    due_amount = kept.due_amount + excluded.due_amount,
    due_book_amount = kept.due_book_amount + excluded.due_book_amount

-- name: accrual_list
-- What was sold under a version and taken back again is of no account, and the version not named.
SELECT seller, buyer, currency, place, category, percent, tax_period, rule, seller_book,
       buyer_book, buyer_percent, tax_class, supply, seller_number, buyer_number, for_driver,
       book, account, sum(amount), sum(book_amount),
       array_agg(agreement_version) FILTER (WHERE amount <> 0 OR book_amount <> 0)
FROM accrual.sum
WHERE posted_period = %(period)s
GROUP BY seller, buyer, currency, place, category, percent, tax_period, rule, seller_book,
         buyer_book, buyer_percent, tax_class, supply, seller_number, buyer_number, for_driver,
         book, account
HAVING sum(amount) <> 0 OR sum(book_amount) <> 0

-- name: accruals_left
-- What a markup added is no accrual: it keeps its account.
SELECT posted_period, seller, buyer, currency, place, category, percent, tax_period, rule,
       seller_book, buyer_book, buyer_percent, tax_class, supply, seller_number, buyer_number,
       for_driver, book, account, sum(amount + due_amount), sum(book_amount + due_book_amount)
FROM accrual.sum
WHERE (%(month)s::text IS NULL OR split_part(posted_period, '/', 2) <= %(month)s)
  AND account <> 'fx:markup_income'
GROUP BY posted_period, seller, buyer, currency, place, category, percent, tax_period, rule,
         seller_book, buyer_book, buyer_percent, tax_class, supply, seller_number, buyer_number,
         for_driver, book, account
HAVING sum(amount + due_amount) <> 0 OR sum(book_amount + due_book_amount) <> 0
