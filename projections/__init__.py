"""Read models in PostgreSQL: what people look at, copied from the log and rebuildable from it.

Each read model is one module with one set of tables in a schema of its own; `sql/` holds its
tables and its named queries. A projection copies recorded amounts, it never prices, taxes or
rounds. Read in this order: `event_parts` and `events` (what is read of an event), `pages` (a piece
of the log, decoded once for all), `model` (what a read model is), then `equation`, `audit`,
`exception`, `receipt`, `tariff`, `vat`, `split`, `period`, `journal`; `database` (the only module
that speaks to PostgreSQL), `schema` (creating the tables), `follower` and `runner` (following the
log), `rebuild` (the same again, beside, and swapped in); `queries` is what the console reads.
"""
