"""Double entry: which accounts there are, and which postings each leg makes in which book.

Read in this order: `accounts` (the chart), `stepping` (what one clause takes), `split` (how a net
is shared), `rules` (a leg becomes entries in the seller's and the buyer's book), `entries` (balance
and reversal), `disputes` (what is disputed leaves clearing), `payments` (what drivers pay),
`opening` (what stood in a book when it was opened here).
"""
