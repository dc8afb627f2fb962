-- The journal: entries and postings, as recorded, and the balance of every account and day.
-- The database itself refuses whatever would unbalance, complete later, change or reopen.

-- name: journal_tables
-- What is booked of a whole period, as its true-up, is of no CDR; what is of no settlement period,
-- as a revaluation, names its accounting month. Several agreement versions are joined by ', '.
CREATE TABLE {schema}.entry (
    position          bigint      NOT NULL,
    number            integer     NOT NULL CHECK (number > 0),
    event_version     integer     NOT NULL,
    book              text        NOT NULL,
    currency          text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    book_currency     text        NOT NULL CHECK (book_currency ~ '^[A-Z]{3}$'),
    rule              text        NOT NULL CHECK (rule <> ''),
    leg               integer     NOT NULL,
    cdr               text,
    seller            text        NOT NULL,
    buyer             text        NOT NULL,
    clause            text        NOT NULL,
    agreement_version text        NOT NULL,
    service_period    text        NOT NULL CHECK (service_period <> ''),
    posted_period     text        NOT NULL CHECK (posted_period <> ''),
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
-- The whole name of an account costs 10 µs a posting to check, its first word nothing to speak of;
-- `shapes_of_entries` looks at the rest.
CREATE TABLE {schema}.posting (
    position    bigint  NOT NULL,
    number      integer NOT NULL,
    line        integer NOT NULL,
    account     text    NOT NULL CHECK (split_part(account, ':', 1) IN (
                    'receivable', 'payable', 'disputed', 'psp', 'vat', 'revenue', 'cost', 'fx',
                    'rounding', 'suspense', 'equity')),
    side        text    NOT NULL CHECK (side IN ('debit', 'credit')),
    amount      numeric NOT NULL CHECK (amount >= 0 AND scale(amount) = 4),
    book_amount numeric NOT NULL CHECK (book_amount >= 0 AND scale(book_amount) = 4)
);
-- Sums per day and block of the log, kept with the postings; book amounts are in the book's
-- currency. The blocks known at an instant and a part of one are its balances: cheap at any time.
CREATE TABLE {schema}.balance (
    book             text    NOT NULL,
    account          text    NOT NULL,
    currency         text    NOT NULL,
    posted_on        date    NOT NULL,
    accounting_month text    NOT NULL,
    log_block        bigint  NOT NULL,
    book_currency    text    NOT NULL,
    debit            numeric NOT NULL,
    credit           numeric NOT NULL,
    book_debit       numeric NOT NULL,
    book_credit      numeric NOT NULL,
    PRIMARY KEY (book, account, currency, posted_on, accounting_month, log_block)
) WITH (fillfactor = 50);  -- a row grows with page after page: its next version fits beside it
-- When a block's entries were recorded, first and last.
CREATE TABLE {schema}.log_block (
    log_block      bigint      PRIMARY KEY,
    recorded_from  timestamptz NOT NULL,
    recorded_until timestamptz NOT NULL
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
DECLARE closed text; mixed text;
BEGIN
    EXECUTE format('SELECT min(book || %L || accounting_month) FROM added'
                   ' JOIN %I.closed_month USING (book, accounting_month)', '/', TG_TABLE_SCHEMA)
        INTO closed;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'PERIOD_CLOSED: % is hard closed and takes no entries', closed
            USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('
        SELECT min(book) FROM (
            SELECT book, min(book_currency) AS one, max(book_currency) AS other
            FROM added GROUP BY book
        ) AS said
        WHERE one <> other OR one <> (SELECT book_currency FROM %I.balance
                                      WHERE balance.book = said.book LIMIT 1)', TG_TABLE_SCHEMA)
        INTO mixed;
    IF mixed IS NOT NULL THEN
        RAISE EXCEPTION 'CURRENCY_DIFFERS: % is kept in one currency, and an entry says another',
            mixed USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Per entry, one pass over the inserted lines: all of them are here, none is elsewhere, they
-- balance in both currencies, and their month is open. An entry has one book and one currency;
-- where that is the book's own, a line has one amount. By how much the two currencies differ is
-- added up of the lines with two amounts alone: most have one, and this halves the cost.
CREATE FUNCTION {schema}.check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
    EXECUTE format('
        SELECT sums.*, entry.posting_count, closed_month.position IS NOT NULL AS is_closed
        FROM (
            SELECT position, number, count(*) AS lines, min(line) AS first, max(line) AS last,
                   sum(CASE side WHEN ''debit'' THEN amount ELSE -amount END) AS excess,
                   sum(CASE side WHEN ''debit'' THEN book_amount - amount
                       ELSE amount - book_amount END) FILTER (WHERE amount <> book_amount)
                       AS exchanged
            FROM added GROUP BY position, number
        ) AS sums
        LEFT JOIN %1$I.entry USING (position, number)
        LEFT JOIN %1$I.closed_month USING (book, accounting_month)
        WHERE excess <> 0 OR exchanged <> 0 OR entry.posting_count IS DISTINCT FROM lines
           OR first <> 1 OR last <> lines OR closed_month.position IS NOT NULL
           OR (exchanged IS NOT NULL AND entry.currency = entry.book_currency)
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
    ELSIF wrong.excess = 0 AND wrong.exchanged = 0 THEN
        RAISE EXCEPTION 'CURRENCY_DIFFERS: entry %.% is in its book''s currency, with two amounts',
            wrong.position, wrong.number USING ERRCODE = 'check_violation';
    ELSE
        RAISE EXCEPTION 'ENTRY_OUT_OF_BALANCE: entry %.% has debit - credit = %, in its book %',
            wrong.position, wrong.number, wrong.excess,
            wrong.excess + coalesce(wrong.exchanged, 0)
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
GRANT SELECT, INSERT, UPDATE ON {schema}.balance, {schema}.log_block TO clearwatt_app;

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
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::text[], %s::bigint[],
                     %s::text[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[])
ON CONFLICT (book, account, currency, posted_on, accounting_month, log_block) DO UPDATE SET
    debit = kept.debit + excluded.debit,
    credit = kept.credit + excluded.credit,
    book_debit = kept.book_debit + excluded.book_debit,
    book_credit = kept.book_credit + excluded.book_credit

-- name: add_to_log_blocks
INSERT INTO {schema}.log_block AS kept
SELECT log_block, min(recorded_at), max(recorded_at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS recorded (log_block, recorded_at)
GROUP BY log_block
ON CONFLICT (log_block) DO UPDATE SET
    recorded_from = least(kept.recorded_from, excluded.recorded_from),
    recorded_until = greatest(kept.recorded_until, excluded.recorded_until)

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
      AND (%(rule)s::text IS NULL OR rule = %(rule)s)
      AND (%(party)s::text IS NULL OR %(party)s IN (seller, buyer))
      AND (%(agreement)s::text IS NULL OR EXISTS (
            SELECT FROM unnest(string_to_array(agreement_version, ', ')) AS named
            WHERE named = %(agreement)s OR split_part(named, '#', 1) = %(agreement)s))
      AND (%(posted_from)s::date IS NULL OR posted_on >= %(posted_from)s)
      AND (%(posted_until)s::date IS NULL OR posted_on < %(posted_until)s)
      AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
      AND (%(until_position)s::bigint IS NULL OR position < %(until_position)s)
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

-- name: known_until
-- The first position behind the blocks in which anything is known; 0 where nothing is.
SELECT coalesce(max(log_block) + 1, 0) * %(block_size)s::bigint FROM journal.log_block
WHERE recorded_from <= %(known_at)s

-- name: blocks_known_in_part
-- Where there are none: from 0 until -1.
SELECT coalesce(min(log_block), 0), coalesce(max(log_block), -1) FROM journal.log_block
WHERE recorded_from <= %(known_at)s::timestamptz AND recorded_until > %(known_at)s::timestamptz

-- name: balance_list
-- The balances of the blocks that are known as a whole, and one by one the postings of those that
-- are known in part, which are few and next to each other: from first_block until last_block.
SELECT book, account, currency, book_currency,
       coalesce(sum(debit) FILTER (WHERE is_before), 0.0000)
           - coalesce(sum(credit) FILTER (WHERE is_before), 0.0000),
       coalesce(sum(debit) FILTER (WHERE NOT is_before), 0.0000),
       coalesce(sum(credit) FILTER (WHERE NOT is_before), 0.0000),
       sum(debit) - sum(credit),
       coalesce(sum(book_debit) FILTER (WHERE is_before), 0.0000)
           - coalesce(sum(book_credit) FILTER (WHERE is_before), 0.0000),
       coalesce(sum(book_debit) FILTER (WHERE NOT is_before), 0.0000),
       coalesce(sum(book_credit) FILTER (WHERE NOT is_before), 0.0000),
       sum(book_debit) - sum(book_credit)
FROM (
    SELECT book, account, currency, book_currency, posted_on, accounting_month,
           debit, credit, book_debit, book_credit,
           coalesce(accounting_month < %(opens)s, false) AS is_before
    FROM journal.balance
    WHERE %(known_at)s::timestamptz IS NULL
       OR (log_block NOT BETWEEN %(first_block)s AND %(last_block)s
           AND log_block IN (SELECT log_block FROM journal.log_block
                             WHERE recorded_until <= %(known_at)s))
    UNION ALL
    SELECT book, account, currency, book_currency, posted_on, accounting_month,
           CASE side WHEN 'debit' THEN amount ELSE 0.0000 END,
           CASE side WHEN 'credit' THEN amount ELSE 0.0000 END,
           CASE side WHEN 'debit' THEN book_amount ELSE 0.0000 END,
           CASE side WHEN 'credit' THEN book_amount ELSE 0.0000 END,
           coalesce(accounting_month < %(opens)s, false)
    FROM journal.entry JOIN journal.posting USING (position, number)
    WHERE entry.position >= %(from_position)s AND entry.position < %(until_position)s
      AND posting.position >= %(from_position)s AND posting.position < %(until_position)s
      AND recorded_at <= %(known_at)s
) AS posted
WHERE (%(book)s::text IS NULL OR book = %(book)s)
  AND (%(account)s::text IS NULL OR account = %(account)s)
  AND (%(month)s::text IS NULL OR accounting_month = %(month)s)
  AND (%(before)s::text IS NULL OR accounting_month < %(before)s)
  AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
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
FROM (SELECT book, account, currency, posted_on, accounting_month, log_block, debit, credit,
             book_debit, book_credit FROM journal.balance) AS kept
FULL JOIN (
    SELECT book, account, currency, posted_on, accounting_month,
           position / %(block_size)s::bigint AS log_block,
           sum(CASE side WHEN 'debit' THEN amount ELSE 0 END) AS debit,
           sum(CASE side WHEN 'credit' THEN amount ELSE 0 END) AS credit,
           sum(CASE side WHEN 'debit' THEN book_amount ELSE 0 END) AS book_debit,
           sum(CASE side WHEN 'credit' THEN book_amount ELSE 0 END) AS book_credit
    FROM journal.entry JOIN journal.posting USING (position, number)
    GROUP BY book, account, currency, posted_on, accounting_month, log_block
) AS made USING (book, account, currency, posted_on, accounting_month, log_block)
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
