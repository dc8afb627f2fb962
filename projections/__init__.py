"""Read models in PostgreSQL: what people look at, copied from the log and rebuildable from it.

Each read model is one module with one set of tables in a schema of its own; `sql/` holds its tables
and its named queries. A projection copies recorded amounts, it never prices, taxes or rounds. Read
in this order: `event_parts`, `event_base`, `cdr_events`, `control_events`, `dispute_events`,
`period_events`, `month_events` and `events` (what is read of an event), `history` (what stood about
a CDR before one), `pages` (a piece of the log, decoded once for all), `model` (what a read model
is), then `equation`, `audit`, `exception` (with `exception_kinds`, `exception_rows`,
`exception_control`), `quality`, `receipt`, `tariff`, `split`, `sales` (in whose books each stands)
with `vat` (and `vat_due`), `accrual` and `exchange`, `period` (with `standing`), `dispute`,
`payment` (with `payment_events`), `moved` (with `opening_events`), `remote_command`, `journal`
(with `journal_rows`); `database` (the only module that speaks to PostgreSQL), `schema` (creating
the tables), `follower` and `runner` (following the log), `rebuild` (the same again, beside, and
swapped in); `queries` is what the console reads.
"""
