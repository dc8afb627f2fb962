"""The journal in the formats of other programs: beancount, hledger, CSV, Excel and Parquet.

Read in this order: `books` (what is exported: accounts, what was brought forward, entries,
what it comes to), `amounts` (how two currencies go into one posting), `names` (accounts as
beancount spells them), then a module per format: `beancount`, `hledger`, `parquet`; CSV and
Excel are renderings of the report `console.reports.posting_lines`. The same journal makes the
same bytes, an entry at a time.
"""
