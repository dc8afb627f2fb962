"""CDRs for a CPO whose own system makes none: from a completed session, by the ledger's rules.

A draft is a function of its session, the location register and the tariff version that was valid
when the session started: drafted again it is the same message, and the ledger counts a duplicate.

Read in this order:

1. `register` - what is asked of locations, tariffs and agreements
2. `facts`, `files` - the two that answer: the ledger's recorded facts, and documents on disk
3. `tariffs` - which tariff prices a session
4. `cdr` - the draft itself
5. `recorded` - sessions of the ledger and their drafts; `sending` - on to the topics
"""
