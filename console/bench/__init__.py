"""The measurements of `make bench`: real processes, a real broker, a real database, one run.

Read in this order: `place` (a database and topics of the bench's own), `processes` (a command as
a process, with its CPU time and memory), `stages` and `posting` (CPU time of each stage of a CDR),
`lateness` (the same messages, late at random), `pricing` (the pricing engine alone), `journal`
(postings written and balances asked), `register_world`, `register_record`, `resolving` and
`register` (a large register, recorded, loaded and asked), `run` (one measurement of N pairs and the
whole report).
"""
