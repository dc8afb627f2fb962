"""The handbook of the books: what `docs/books.md` says, made from the tables and by the ledger.

Read in this order: `cast` (who sells and buys), `examples` (one charge after the other, booked by
the ledger's own functions), `books` (the document: chart, rules, examples, what is refused).
"""
