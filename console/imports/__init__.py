"""Charging sessions from a table: a mapping document says what its columns mean.

The import plays the CPO's back end: every row becomes a session's updates and a CDR, priced with
the tariff version that is valid when the session starts, or a problem with the row's number and a
code. Nothing is dropped silently. Real figures stay as they are; what a table does not say (who
charged, when the charging ended) comes from the mapping, which names its seed and its rule.

Read in this order:

1. `mapping` - the document, with `mappings/` for an example; every error is reported at once
2. `wall_clock` - local times: the hour that comes twice, the hour that does not exist, and
   moving a month to another
3. `table` - rows become charges or problems
4. `drivers` - the seeded draw of eMSP and token
5. `catalogue`, `charged`, `costs`, `back_end` - plugs and tariff versions; a charge becomes the
   quantities that its tariff prices, cut where the price changes, and those OCPI messages
6. `run` - the whole import

`documents` reads what people write, for `parties`, `sites` and `opening` (moving in from another
platform); `ocpp` reads a charger's log, `rates` exchange rates.
"""
