"""Double entry: which accounts there are, and which postings each event makes in which book.

Read in this order: `accounts` (the chart), `posting_rule` (what a rule is), `posting_rules` (what
each event books, as one table), `stepping` (what one clause takes), `split` (how a net is shared),
`rules` (a leg becomes entries in the seller's and the buyer's book), `entries` (balance and
reversal), `adjustments` (a part taken back), `disputes` (what is disputed leaves clearing),
`payments` (what drivers pay), `opening` (what stood in a book when it was opened here),
`invoice_groups`, `due_groups` and `falling_due` (what was accrued becomes what is invoiced),
`revaluation` (what is open in a foreign currency, at the month's end), `conformity` (does an entry
follow its rule?).
"""
