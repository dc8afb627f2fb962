"""Periods and their close.

Read in this order: `calendar` (which period a CDR belongs to and where it can still be booked),
`volume` (tiers by what a period sold), `true_up` and `monthly` (what its clauses owe beyond what is
booked), `period` (the settlement period), `accounting` (the accounting period of a book),
`opening` (what a book is opened with). Of disputes: `claim` (what is disputed), `dispute` on
`recorded_dispute` (its life), `contested` (what is disputed of one CDR), `dispute_rules` (what may
be disputed, and what given back). Of payments: `payment_steps` (what is kept of each event),
`payment_rules` (which events stand), `payment`.
"""
