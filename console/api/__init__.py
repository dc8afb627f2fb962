"""The HTTP API: what `clearwatt party|agreement|location` do, for systems of partners and our own.

The functions underneath are those of the command line, and so are the documents that are answered.
Read in this order: `problems` (how a request is refused), `tokens` (who it comes from), `desk`
(which thread has which ledger), `gate` (what stands before every endpoint), `calls` (one request:
who, when, and its answer), `inputs` (fields and documents of a request), then one module per
resource: `parties`, `entities`, `agreements`, `locations`; then `app`, which puts them together,
and `server`.
"""
