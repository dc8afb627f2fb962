-- What books hold in other currencies than their own, for the revaluation at a month's end.

-- name: foreign_pools
-- What the month's own revaluation booked is left out: it is decided on what stood without it,
-- also where that is nothing any more.
SELECT book, book_currency, account, currency
FROM (
    SELECT book, book_currency, account, currency, debit - credit AS amount,
           book_debit - book_credit AS book_amount, false AS is_own
    FROM journal.balance
    WHERE currency <> book_currency AND accounting_month <= %(month)s
    UNION ALL
    SELECT book, book_currency, account, currency, 0, 0, true
    FROM journal.entry JOIN journal.posting USING (position, number)
    WHERE book IN (SELECT book FROM journal.balance
                   WHERE account IN ('fx:realised', 'fx:unrealised')
                     AND posted_on = %(last_day)s AND accounting_month = %(month)s)
      AND posted_on = %(last_day)s AND accounting_month = %(month)s
      AND rule IN ('fx_realised', 'fx_revalued')
) AS booked
GROUP BY book, book_currency, account, currency
HAVING sum(amount) <> 0 OR sum(book_amount) <> 0 OR bool_or(is_own)
ORDER BY book COLLATE "C", account COLLATE "C", currency COLLATE "C"

-- name: foreign_days
-- What stood before the first day is the row without a day.
SELECT account, currency, day, sum(amount), sum(book_amount)
FROM (
    SELECT account, currency, CASE WHEN posted_on >= %(since)s THEN posted_on END AS day,
           debit - credit AS amount, book_debit - book_credit AS book_amount
    FROM journal.balance
    WHERE book = %(book)s AND currency <> book_currency AND accounting_month <= %(month)s
    UNION ALL
    SELECT account, currency, posted_on, 0.0000,
           CASE side WHEN 'debit' THEN -book_amount ELSE book_amount END
    FROM journal.entry JOIN journal.posting USING (position, number)
    WHERE book = %(book)s AND posted_on = %(last_day)s AND accounting_month = %(month)s
      AND rule IN ('fx_realised', 'fx_revalued')
) AS booked
GROUP BY account, currency, day

-- name: foreign_payments
-- Every entry is posted in its accounting month, so the index on book and day finds them.
SELECT account, currency, posted_on, rule, side, reverses_position IS NOT NULL,
       sum(amount), sum(book_amount)
FROM journal.entry JOIN journal.posting USING (position, number)
WHERE book = %(book)s AND posted_on BETWEEN %(since)s AND %(last_day)s
  AND currency <> book_currency AND starts_with(rule, 'payment_')
GROUP BY account, currency, posted_on, rule, side, reverses_position IS NOT NULL

-- name: foreign_months
SELECT DISTINCT book, accounting_month FROM journal.balance
WHERE currency <> book_currency AND accounting_month < %(month)s
ORDER BY book, accounting_month
