-- What VAT returns are made of: what fell due, what is accrued beside it, and what they leave open.

-- name: vat_due_lines
-- What a book declares to a country, or has to know of beside it: by the tax's own month or by the
-- month it was reported in. What a seller taxes abroad, and what a buyer was charged abroad,
-- belongs to its seat too.
SELECT side, book, country, seller, buyer, seller_country, buyer_country, seller_number,
       buyer_number, rule, place, category, percent, buyer_percent, tax_class, supply, for_driver,
       tax_period, accounting_month, currency, book_currency, tax_currency,
       sum(net), sum(tax), sum(self_assessed),
       sum(book_net), sum(book_tax), sum(book_self_assessed),
       -- Null where a single one is: half a sum would be no sum.
       CASE WHEN bool_and(tax_net IS NOT NULL) THEN sum(tax_net) END,
       CASE WHEN bool_and(tax_net IS NOT NULL) THEN sum(tax_tax) END,
       CASE WHEN bool_and(tax_net IS NOT NULL) THEN sum(tax_self_assessed) END
FROM vat.due
WHERE book = %(book)s
  AND %(country)s IN (country, CASE side WHEN 'sold' THEN seller_country ELSE buyer_country END)
  AND %(period)s IN (tax_period, accounting_month)
  AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
GROUP BY side, book, country, seller, buyer, seller_country, buyer_country, seller_number,
         buyer_number, rule, place, category, percent, buyer_percent, tax_class, supply,
         for_driver, tax_period, accounting_month, currency, book_currency, tax_currency
ORDER BY side DESC, place COLLATE "C", category COLLATE "C", percent, buyer_percent,
         supply COLLATE "C", tax_class COLLATE "C", seller COLLATE "C", buyer COLLATE "C",
         seller_number COLLATE "C", buyer_number COLLATE "C", tax_period, accounting_month,
         currency COLLATE "C"

-- name: vat_not_due
-- What was decided and did not fall due by a day, per book and group: decisions less what invoice
-- groups took over. An agent has neither tax of its own.
SELECT side, book, seller, buyer, place, category, percent, tax_class, supply, tax_period,
       currency, sum(net) AS net, sum(tax) AS tax
FROM (
    SELECT 'sold' AS side, seller_book AS book, seller, buyer, place, category, percent,
           tax_class, supply, tax_period, currency, net, vat AS tax, posted_on, recorded_at
    FROM vat.decision WHERE seller_book = %(book)s
    UNION ALL
    SELECT 'bought', buyer_book, seller, buyer, place, category, percent,
           tax_class, supply, tax_period, currency, net, vat, posted_on, recorded_at
    FROM vat.decision WHERE buyer_book = %(book)s AND NOT for_driver
    UNION ALL
    SELECT side, book, seller, buyer, place, category, percent,
           tax_class, supply, tax_period, currency, -accrued_net, -accrued_tax, posted_on,
           recorded_at
    FROM vat.due WHERE book = %(book)s
) AS accrued
WHERE posted_on <= %(until)s
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
GROUP BY side, book, seller, buyer, place, category, percent, tax_class, supply, tax_period,
         currency
HAVING sum(net) <> 0 OR sum(tax) <> 0
ORDER BY side DESC, place COLLATE "C", category COLLATE "C", percent, supply COLLATE "C",
         tax_class COLLATE "C", seller COLLATE "C", buyer COLLATE "C", tax_period, currency

-- name: vat_countries
-- The countries that each book has something for in a month.
SELECT book, country
FROM (
    SELECT book, country FROM vat.due
    WHERE %(period)s IN (tax_period, accounting_month)
      AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
    UNION
    SELECT book, CASE side WHEN 'sold' THEN seller_country ELSE buyer_country END FROM vat.due
    WHERE %(period)s IN (tax_period, accounting_month)
      AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
      AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
) AS declared
WHERE (%(book)s::text IS NULL OR book = %(book)s)
  AND (%(country)s::text IS NULL OR country = %(country)s)
ORDER BY book COLLATE "C", country COLLATE "C"

-- name: vat_opened
-- What opening balances and exchange rates put on the tax accounts of a country: no sale of ours
-- is behind it.
SELECT account, currency,
       sum(CASE side WHEN 'debit' THEN amount ELSE -amount END),
       sum(CASE side WHEN 'debit' THEN book_amount ELSE -book_amount END)
FROM journal.entry JOIN journal.posting USING (position, number)
WHERE cdr IS NULL AND rule IN ('opening_balance', 'fx_revalued', 'fx_realised')
  AND book = %(book)s
  AND starts_with(account, %(accounts)s)
  AND (%(month)s::text IS NULL OR accounting_month = %(month)s)
  AND posted_on <= %(until)s
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
GROUP BY account, currency
ORDER BY account COLLATE "C", currency COLLATE "C"

-- name: vat_overridden
-- What was taxed at an agreed rate instead of the standard one.
SELECT seller_book, seller, place, tax_class, supply, category, percent, standard_percent, why,
       rate_source, tax_period, currency, count(DISTINCT cdr), sum(net), sum(vat)
FROM vat.decision
WHERE rule = 'override'
  AND (%(book)s::text IS NULL OR seller_book = %(book)s)
  AND (%(country)s::text IS NULL OR place = %(country)s)
  AND (%(period)s::text IS NULL OR tax_period = %(period)s)
  AND (%(as_of)s::date IS NULL OR posted_on <= %(as_of)s)
  AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
GROUP BY seller_book, seller, place, tax_class, supply, category, percent, standard_percent, why,
         rate_source, tax_period, currency
HAVING sum(net) <> 0 OR sum(vat) <> 0
ORDER BY seller_book COLLATE "C", seller COLLATE "C", place COLLATE "C", tax_class COLLATE "C",
         percent, tax_period, currency COLLATE "C"
