"""What people ask the read models: typed questions, one module per subject.

Every function takes a connection (`projections.database.reading(url)` gives one whose answers
all come from the same moment) and returns named tuples; amounts are decimals at scale 4.
`known_at` asks what was recorded by an instant, `as_of` what is posted by a day; they combine.
Read in this order: `position` (how far the read models are), `equation`, `exception`, `receipt`
(one CDR, explained), `finding`, `session`, `quality`, `tariff`, `journal`, `ledger`,
`balance`, `posting_rules`, `period`, `accrual`, `control`, `dispute`, `payment`, then `vat`,
`vat_return`, `split`, `exchange`, `revaluation`, `audit`.
"""
