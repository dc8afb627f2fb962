"""Reports: figures with their headings, once, however they are read.

Read in this order: `report` (what a report is: facts, columns of a kind, rows, totals), `render`
(a report as JSON, CSV or a table of text), `workbook` (as an Excel workbook), `words` (what
reports say in words), `running` (running balances). Then the reports, a module each:
`trial_balance`, `general_ledger` with the statement of an account, `balance_list`,
`posting_lines`, `shares`, `suspense`, `fx`, `control`; of VAT `vat_lines` (what a sale is to a
country), `vat_forms` (the boxes of each country's form, in `vat_boxes/`), `vat_fill`, `vat_control`
(against the books), `vat_return`, `vat_return_report`, and `vat_exposure` of agreed rates.
`chart_map` is a customer's own chart of accounts, `account_map` shows it, and `charted` puts its
numbers beside our accounts in any report. A report's rows may come one by one from the database:
no rendering holds them all.
"""
