"""The words everything else is written in.

Read in this order: `reasons` (why something is held, refused or unreadable), `money` (exact
amounts, one rounding function, largest remainder), `identifiers` (parties, business keys, ids),
`instants` (UTC instants, local dates), `provenance` (who caused an event), `aggregate` (how an
aggregate records what it decided).

Records are frozen msgspec structs. Those made for every CDR say `gc=False`: nothing frozen can be
part of a cycle, so the collector need not look at them.
"""
