"""Double entry: which accounts there are, and which postings each leg makes in which book.

Read in this order: `accounts` (the chart), `split` (how a net is shared), `rules` (a leg becomes
entries in the seller's and the buyer's book), `entries` (balance and reversal), `disputes` (what is
disputed leaves clearing).
"""
