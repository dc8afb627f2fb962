"""Commands in, events out: the application that decides and the outlets it needs.

Read in this order: `commands` (what can be asked), `store` (what the log must offer), `aggregates`
(whose events there are), `mapper` (events to stored bytes and back), `pieces`, `packed` and `asked`
(how facts of which there are very many are kept), `facts` (shared facts in memory, kept current by
following the log), `known` (as they were known), `register` (what is registered of a place),
`sales` (legs of a CDR), `matched` (the session of a CDR), `ground` (what one is judged on),
`decide` (the decision about a CDR), `personal` (personal data becomes refs), `intake` (what became
of every message), `taking`, `settling` and `work` (one attempt at a batch), `tally` (what became of
its messages), `ledger` (the application itself), `permissions` (who may), `tokens` (who proves it),
`consequences`, `registration`, `party_states`, `parties`, `tariffs`, `on_figures`, `truing_up`,
`falling_due`, `revaluing`, `closing` and `opening` (what people command), `moving_in` and
`rehearsal` (ids of before, and trying commands on what others would leave), `remapping`, `sites`
and `site_report` (the register of sites), `party_messages` (what a party says of itself). Of
senders: `sender_rows` (what the log keeps), `numbering` (the numbers of a batch), `totals`; of
time: `watch`, `sender_watch` and `expiries` (what the clock raises). Of launches: `launch_guard`
and `launch_places` (what they ask of a CDR), `launches` (what people command), `launch_evidence`,
`acceptance` (the tests), `command_results`.
"""
