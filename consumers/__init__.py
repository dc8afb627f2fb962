"""Messages become commands, and the commands of a batch are handed to the ledger in one go.

Read in this order:

1. `cdrs`, `sessions`, `tariffs`, `locations` - one topic each, with a pure `to_command`;
   `originals` - the partner's own bytes, which all four may carry; `repeated` - records that come
   again and again; `control_totals`, `disputes`,
   `parties`, `payments`, `command_results` - the topics of Clearwatt's own that come in, likewise
2. `intake` - one Kafka record, whatever is in it, becomes one `Received`; `headers` beneath it
3. `runner` - the consumer group's member: the one package here that imports kafka
4. `replay` - unreadable messages, fed again after a fix

A message is translated here and judged in the ledger: nothing in this package knows a rule about
money, and nothing here is decided by a clock.
"""
