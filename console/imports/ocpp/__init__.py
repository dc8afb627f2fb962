"""OCPP transactions of a charging-station management system: sessions, and CDRs drafted from them.

The import plays the CPO's roaming back end: a log of OCPP messages becomes each transaction's
session updates, and the CDR that `console.drafting` makes of a completed session. Every line that
is not used is either of an action that says nothing about charging (counted), a repetition
(counted), or a problem with its line and code. Nothing is dropped silently.

Sources: OCPP 1.6 edition 2 (4.7 Meter Values, 4.8 Start, 4.10 Stop Transaction, 7.43 SampledValue),
OCPP 2.0.1 edition 2 part 2 (use cases E and J, 1.60 TransactionEvent, 2.46 SampledValueType),
OCA's note on signed meter values in OCPP 1.6.

Read in this order:

1. `mapping` - the document: plugs, tokens, and how a vendor's peculiarities are read
2. `problems`, `lines`, `fields` - what can be wrong; lines become calls and answers
3. `samples`, `signed` - meter values in Wh and W; signed ones as OCPI carries them
4. `transaction`, `v16`, `v201` - messages become transactions
5. `meter`, `periods` - the readings that count; charging and parking
6. `session`, `run` - the session's updates; the whole import
"""
