-- The journal account by account: ledgers and statements, read as a stream.

-- name: stream_settings
-- All of it is read: a plan that is quick to its first row would be slow to its last.
SET LOCAL cursor_tuple_fraction = 1;
SET LOCAL work_mem = '64MB'

-- name: ledger_lines
SELECT book, account, currency, book_currency, posted_on, service_on, position, number, line,
       side, amount, book_amount, rule, cdr, seller, buyer, clause, agreement_version,
       service_period, posted_period, accounting_month, late_of, recorded_at,
       reverses_position, reverses_number
FROM journal.entry JOIN journal.posting USING (position, number)
WHERE (%(book)s::text IS NULL OR book = %(book)s)
  AND (%(until_position)s::bigint IS NULL
       OR (entry.position < %(until_position)s AND posting.position < %(until_position)s))
  AND (%(accounts)s::text[] IS NULL OR (
        account = ANY (%(accounts)s)
        AND (book, posted_on) IN (SELECT book, posted_on FROM journal.balance
                                  WHERE account = ANY (%(accounts)s))))
  AND (%(posted_from)s::date IS NULL OR posted_on >= %(posted_from)s)
  AND (%(posted_until)s::date IS NULL OR posted_on < %(posted_until)s)
  AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
ORDER BY book COLLATE "C", account COLLATE "C", currency COLLATE "C", posted_on,
         position, number, line

-- name: book_exists
SELECT EXISTS (SELECT FROM period.party WHERE entity = %(book)s)
    OR EXISTS (SELECT FROM journal.balance WHERE book = %(book)s)

-- name: journal_position
SELECT position FROM projection.projection_position WHERE name = 'journal'

-- name: journal_position_known_at
-- The last block of the log in which anything is known has the last entry that is.
SELECT coalesce(max(position), 0)
FROM journal.entry,
     (SELECT max(log_block) AS last FROM journal.log_block
      WHERE recorded_from <= %(known_at)s) AS known
WHERE recorded_at <= %(known_at)s
  AND position >= last * %(block_size)s::bigint AND position < (last + 1) * %(block_size)s::bigint
