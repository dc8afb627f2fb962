"""Commands in, events out: the application that decides and the outlets it needs.

Read in this order: `commands` (what can be asked), `store` (what the log must offer),
`aggregates` (whose events there are), `mapper` (events to stored bytes and back), `facts` (shared
facts in memory, kept current by following the log), `sales` (legs of a CDR), `decide` (the
decision about a CDR), `personal` (personal data becomes refs), `intake` (what became of every
message), `work` (one attempt at a batch), `tally` (what became of its messages), `ledger` (the
application itself), `permissions` (who may), `registration`, `tariffs` and `closing` (what people
command). Of senders: `sender_rows` (what the log keeps), `numbering` (the numbers of a batch),
`totals`; of time: `watch` and `sender_watch` (what the clock raises).
"""
