"""Periods and their close.

Read in this order: `calendar` (which period a CDR belongs to and where it can still be booked),
`period` (the settlement period), `accounting` (the accounting period of a book).
"""
