"""Periods and their close.

Read in this order: `calendar` (which period a CDR belongs to and where it can still be booked),
`period` (the settlement period), `accounting` (the accounting period of a book). Of disputes:
`claim` (what is disputed), `dispute` on `recorded_dispute` (its life), `contested` (what is
disputed of one CDR), `dispute_rules` (what may be disputed, and what given back).
"""
