"""Agreements as documents that a finance person reads and signs.

A document says who, since when, and the terms in the order of a contract; percentages are written
`1.5 %` or `1/3`, money `0.05 EUR`, spans `24 h`. What it does not say is the default. One file
holds one agreement, or several after `---`; each with one version, or with `versions`.

Read in this order: `page` (a document's parts, their lines, and what is wrong), `words` (values as
they are written), `clauses` (fees, steps, discounts), `taxes` (classes, agreed rates), `fields`
(every term and where it stands), `reader`, `writer`, `differ`, `files`.
"""
