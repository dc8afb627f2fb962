"""Parties and legal entities as people look at them, read from the log itself.

Read in this order: `register` (who there was at an instant, as known at another), `shown` (one
party with all that belongs to it), `compared` (documents side by side).
"""
