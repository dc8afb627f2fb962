"""Every rule about money: what is priced, taxed, converted, split, booked, closed.

The ledger reads no clock and no environment, and does no input or output, but in its outermost
layer, `ledger.log`. Layers import from left to right never, from right to left only:

    values < pricing, vat, fx < roaming < books < settlement < application < log

Read in that order: `values` (amounts, identities, instants, reasons), `pricing` (a charge and a
tariff become a priced result), `vat` and `fx` (dated decisions), `roaming` (parties, agreements,
sessions, CDRs and how a CDR is decided), `books` (accounts, entries, posting rules, splits),
`settlement` (periods and their close), `application` (commands and batches), `log` (PostgreSQL).
"""
