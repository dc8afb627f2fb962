"""OCPI tariffs and CDRs on files: read as partners send them, priced, judged, simulated.

Read in this order: `findings` (warnings and refusals with their paths), `scalars` (numbers, times
and codes), `repeated` (names that stand twice), `versions`, `elements_reader`, `tariff_reader`,
`periods_reader` and `cdr_reader` (documents become statements), `choose` (which tariff, which time
zone), `result` (what is printed), `compare` and `engine` (where documents meet the ledger's
engine), `price` (all of it for one CDR), `lint`, `jsonl` (many documents), then `simulate` and
`picture`.
"""
