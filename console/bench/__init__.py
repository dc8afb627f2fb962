"""The measurements of `make bench`: real processes, a real broker, a real database, one run.

Read in this order: `place` (a database and topics of the bench's own), `processes` (a command as
a process, with its CPU time and memory), `stages` (CPU time of each stage of a CDR), `pricing`
(the pricing engine alone), `register_world`, `register_record`, `resolving` and `register` (a
large register, recorded, loaded and asked), `run` (one measurement of N pairs and the whole
report).
"""
