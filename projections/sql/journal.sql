-- The journal: entries and postings, as recorded, and the balance of every account and day.
-- The database itself refuses whatever would unbalance, complete later, change or reopen.

-- name: journal_tables
-- What is booked of a whole period, as its true-up, is of no CDR.
CREATE TABLE {schema}.entry (
    position          bigint      NOT NULL,
    number            integer     NOT NULL CHECK (number > 0),
    event_version     integer     NOT NULL,
    book              text        NOT NULL,
    currency          text        NOT NULL,
    book_currency     text        NOT NULL,
    rule              text        NOT NULL,
    leg               integer     NOT NULL,
    cdr               text,
    seller            text        NOT NULL,
    buyer             text        NOT NULL,
    clause            text        NOT NULL,
    agreement_version text        NOT NULL,
    service_period    text        NOT NULL,
    posted_period     text        NOT NULL,
    accounting_month  text        NOT NULL,
    service_on        date        NOT NULL,
    posted_on         date        NOT NULL,
    late_of           text,
    recorded_at       timestamptz NOT NULL,
    reverses_position bigint,
    reverses_number   integer,
    posting_count     integer     NOT NULL CHECK (posting_count > 1),
    visible_to        text[]      NOT NULL,
    PRIMARY KEY (position, number)
);
CREATE TABLE {schema}.posting (
    position    bigint  NOT NULL,
    number      integer NOT NULL,
    line        integer NOT NULL,
    account     text    NOT NULL,
    side        text    NOT NULL CHECK (side IN ('debit', 'credit')),
    amount      numeric NOT NULL CHECK (amount >= 0 AND scale(amount) = 4),
    book_amount numeric NOT NULL CHECK (book_amount >= 0 AND scale(book_amount) = 4)
);
-- Sums per day, kept with the postings; book amounts are in the book's currency.
CREATE TABLE {schema}.balance (
    book             text    NOT NULL,
    account          text    NOT NULL,
    currency         text    NOT NULL,
    posted_on        date    NOT NULL,
    accounting_month text    NOT NULL,
    book_currency    text    NOT NULL,
    debit            numeric NOT NULL,
    credit           numeric NOT NULL,
    book_debit       numeric NOT NULL,
    book_credit      numeric NOT NULL,
    PRIMARY KEY (book, account, currency, posted_on, accounting_month)
);
CREATE TABLE {schema}.closed_month (
    book             text        NOT NULL,
    accounting_month text        NOT NULL,
    position         bigint      NOT NULL,
    closed_at        timestamptz NOT NULL,
    debit            numeric     NOT NULL,
    credit           numeric     NOT NULL,
    accounts         integer     NOT NULL,
    sha256           text        NOT NULL,
    PRIMARY KEY (book, accounting_month)
);

CREATE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'JOURNAL_IS_APPEND_ONLY: % on %.% is refused; reverse the entry instead',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

-- The tables are named by the trigger's own schema: a rebuilt journal is renamed into place.
CREATE FUNCTION {schema}.check_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE closed text;
BEGIN
    EXECUTE format('SELECT min(book || %L || accounting_month) FROM added'
                   ' JOIN %I.closed_month USING (book, accounting_month)', '/', TG_TABLE_SCHEMA)
        INTO closed;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'PERIOD_CLOSED: % is hard closed and takes no entries', closed
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Per entry, one pass over the inserted lines: all of them are here, none is elsewhere, they
-- balance in both currencies, and their month is open. An entry has one book and one currency.
CREATE FUNCTION {schema}.check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    EXECUTE format('
        SELECT sums.*, entry.posting_count, closed_month.position IS NOT NULL AS is_closed
        FROM (
            SELECT position, number, count(*) AS lines, min(line) AS first, max(line) AS last,
                   sum(CASE side WHEN ''debit'' THEN amount ELSE -amount END) AS excess,
                   sum(CASE side WHEN ''debit'' THEN book_amount ELSE -book_amount END)
                       AS book_excess
            FROM added GROUP BY position, number
        ) AS sums
        LEFT JOIN %1$I.entry USING (position, number)
        LEFT JOIN %1$I.closed_month USING (book, accounting_month)
        WHERE excess <> 0 OR book_excess <> 0 OR entry.posting_count IS DISTINCT FROM lines
           OR first <> 1 OR last <> lines OR closed_month.position IS NOT NULL
        ORDER BY position, number LIMIT 1', TG_TABLE_SCHEMA)
        INTO wrong;
    IF wrong.position IS NULL THEN
        RETURN NULL;
    ELSIF wrong.is_closed THEN
        RAISE EXCEPTION 'PERIOD_CLOSED: entry %.% belongs to a month that is hard closed',
            wrong.position, wrong.number USING ERRCODE = 'check_violation';
    ELSIF wrong.posting_count IS DISTINCT FROM wrong.lines
            OR wrong.first <> 1 OR wrong.last <> wrong.lines THEN
        RAISE EXCEPTION
            'ENTRY_IS_COMPLETE: entry %.% has % lines, inserted at once; got % (% to %)',
            wrong.position, wrong.number, coalesce(wrong.posting_count::text, 'no'), wrong.lines,
            wrong.first, wrong.last USING ERRCODE = 'check_violation';
    ELSE
        RAISE EXCEPTION 'ENTRY_OUT_OF_BALANCE: entry %.% has debit - credit = %, in its book %',
            wrong.position, wrong.number, wrong.excess, wrong.book_excess
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE TRIGGER entry_month_is_open AFTER INSERT ON {schema}.entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {schema}.check_entries();
CREATE TRIGGER entry_balances AFTER INSERT ON {schema}.posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {schema}.check_postings();
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.entry
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER posting_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.posting
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();
CREATE TRIGGER close_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.closed_month
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_change();

GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.entry, {schema}.posting, {schema}.closed_month TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE ON {schema}.balance TO clearwatt_app;

-- name: journal_indexes
-- A rebuild fills the table before its key is made, which costs a quarter of keeping it.
ALTER TABLE {schema}.posting ADD PRIMARY KEY (position, number, line);
CREATE INDEX entry_cdr ON {schema}.entry (cdr);
-- An account's postings are found through the days on which it has a balance: an index on the
-- account would cost every posting as much again.
CREATE INDEX entry_book_day ON {schema}.entry (book, posted_on);

-- name: insert_journal_entries
COPY {schema}.entry FROM STDIN

-- name: insert_journal_postings
COPY {schema}.posting FROM STDIN

-- name: add_to_balances
INSERT INTO {schema}.balance AS kept
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::text[], %s::text[],
                     %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
ON CONFLICT (book, account, currency, posted_on, accounting_month) DO UPDATE SET
    debit = kept.debit + excluded.debit,
    credit = kept.credit + excluded.credit,
    book_debit = kept.book_debit + excluded.book_debit,
    book_credit = kept.book_credit + excluded.book_credit

-- name: insert_closed_month
INSERT INTO {schema}.closed_month
VALUES (%(book)s, %(month)s, %(position)s, %(closed_at)s,
        %(debit)s::numeric, %(credit)s::numeric, %(accounts)s, %(sha256)s)

-- name: journal_list
WITH chosen AS (
    SELECT * FROM journal.entry
    WHERE (%(book)s::text IS NULL OR book = %(book)s)
      AND (%(cdr)s::text IS NULL OR cdr = %(cdr)s)
      AND (%(period)s::text IS NULL OR posted_period = %(period)s)
      AND (%(position)s::bigint IS NULL OR position = %(position)s)
      AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
      AND (%(account)s::text IS NULL OR (
            (book, posted_on) IN (SELECT book, posted_on FROM journal.balance
                                  WHERE account = %(account)s)
            AND EXISTS (SELECT FROM journal.posting AS p
                        WHERE (p.position, p.number) = (entry.position, entry.number)
                          AND p.account = %(account)s)))
    ORDER BY position, number
    LIMIT %(limit)s
)
SELECT position, number, book, currency, book_currency, rule, leg, cdr, seller, buyer, clause,
       agreement_version, service_period, posted_period, accounting_month, service_on, posted_on,
       late_of, recorded_at, reverses_position, reverses_number,
       line, account, side, amount, book_amount
FROM chosen JOIN journal.posting USING (position, number)
ORDER BY position, number, line

-- name: balance_list
SELECT book, account, currency, book_currency,
       sum(debit), sum(credit), sum(debit - credit),
       sum(book_debit), sum(book_credit), sum(book_debit - book_credit)
FROM journal.balance
WHERE (%(book)s::text IS NULL OR book = %(book)s)
  AND (%(account)s::text IS NULL OR account = %(account)s)
  AND (%(month)s::text IS NULL OR accounting_month = %(month)s)
  AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
GROUP BY book, account, currency, book_currency
ORDER BY book COLLATE "C", account COLLATE "C", currency COLLATE "C"

-- name: balance_list_known_at
SELECT book, account, currency, book_currency,
       sum(debit), sum(credit), sum(debit - credit),
       sum(book_debit), sum(book_credit), sum(book_debit - book_credit)
FROM journal.entry
JOIN LATERAL (
    SELECT account,
           CASE side WHEN 'debit' THEN amount ELSE 0.0000 END AS debit,
           CASE side WHEN 'credit' THEN amount ELSE 0.0000 END AS credit,
           CASE side WHEN 'debit' THEN book_amount ELSE 0.0000 END AS book_debit,
           CASE side WHEN 'credit' THEN book_amount ELSE 0.0000 END AS book_credit
    FROM journal.posting AS p WHERE (p.position, p.number) = (entry.position, entry.number)
) AS posted ON true
WHERE (%(book)s::text IS NULL OR book = %(book)s)
  AND (%(account)s::text IS NULL OR account = %(account)s)
  AND (%(month)s::text IS NULL OR accounting_month = %(month)s)
  AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
  AND recorded_at <= %(known_at)s
GROUP BY book, account, currency, book_currency
ORDER BY book COLLATE "C", account COLLATE "C", currency COLLATE "C"

-- name: books_out_of_balance
SELECT book, accounting_month, currency, sum(debit - credit), sum(book_debit - book_credit)
FROM journal.balance
WHERE %(month)s::text IS NULL OR accounting_month = %(month)s
GROUP BY book, accounting_month, currency
HAVING sum(debit - credit) <> 0 OR sum(book_debit - book_credit) <> 0
ORDER BY book COLLATE "C", accounting_month, currency

-- name: balances_beside_postings
SELECT coalesce(kept.book, made.book), coalesce(kept.account, made.account),
       coalesce(kept.currency, made.currency), coalesce(kept.posted_on, made.posted_on)
FROM (SELECT book, account, currency, posted_on, accounting_month, debit, credit, book_debit,
             book_credit FROM journal.balance) AS kept
FULL JOIN (
    SELECT book, account, currency, posted_on, accounting_month,
           sum(CASE side WHEN 'debit' THEN amount ELSE 0 END) AS debit,
           sum(CASE side WHEN 'credit' THEN amount ELSE 0 END) AS credit,
           sum(CASE side WHEN 'debit' THEN book_amount ELSE 0 END) AS book_debit,
           sum(CASE side WHEN 'credit' THEN book_amount ELSE 0 END) AS book_credit
    FROM journal.entry JOIN journal.posting USING (position, number)
    GROUP BY book, account, currency, posted_on, accounting_month
) AS made USING (book, account, currency, posted_on, accounting_month)
WHERE (kept.debit, kept.credit, kept.book_debit, kept.book_credit)
      IS DISTINCT FROM (made.debit, made.credit, made.book_debit, made.book_credit)

-- name: closed_months
SELECT book, accounting_month, position, closed_at, debit, credit, accounts, sha256
FROM journal.closed_month ORDER BY book COLLATE "C", accounting_month

-- name: incomplete_entries
SELECT position, number FROM journal.entry
WHERE NOT EXISTS (SELECT FROM journal.posting AS p
                  WHERE (p.position, p.number) = (entry.position, entry.number))
ORDER BY position, number
