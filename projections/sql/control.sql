-- Control accounts: what explains a balance that is not zero.

-- name: control_items
-- No CDR's sale posts to these accounts; openings, disputes, invoice groups and revaluations do.
SELECT book, account, currency, item, sum(amount), sum(book_amount)
FROM (
    SELECT entry.book, posting.account, entry.currency,
           CASE WHEN starts_with(entry.rule, 'group_')
                THEN concat_ws(' ', entry.posted_period, entry.seller || ' > ' || entry.buyer,
                               entry.clause)
                WHEN step.dispute IS NOT NULL THEN 'dispute ' || step.dispute
                ELSE entry.clause END AS item,
           CASE posting.side WHEN 'debit' THEN posting.amount ELSE -posting.amount END AS amount,
           CASE posting.side WHEN 'debit' THEN posting.book_amount
                ELSE -posting.book_amount END AS book_amount
    FROM (SELECT DISTINCT book, posted_on FROM journal.balance
          WHERE account = ANY (%(accounts)s)) AS days
    JOIN journal.entry USING (book, posted_on)
    JOIN journal.posting USING (position, number)
    LEFT JOIN dispute.step
        ON step.position = entry.position AND starts_with(entry.rule, 'disputed_')
    WHERE (coalesce(entry.cdr, '') = '' OR starts_with(entry.rule, 'disputed_'))
      AND (%(month)s::text IS NULL OR entry.accounting_month <= %(month)s)
      AND posting.account = ANY (%(accounts)s)
) AS items
GROUP BY book, account, currency, item
HAVING sum(amount) <> 0 OR sum(book_amount) <> 0
ORDER BY book COLLATE "C", account COLLATE "C", currency, item COLLATE "C"
