"""Moving in from another platform: a folder of documents, with a mapping of its ids to ours.

    manifest.yaml    names the other files, the platform, and the instant from which parties trade
    mapping.yaml     old id -> our key, of parties, agreements, locations, EVSEs and tariffs
    parties.yaml     legal entities and parties, as `clearwatt party import` takes them
    agreements/      agreements, as `clearwatt agreement import` takes them
    sites.yaml       the register of sites, as `clearwatt location import` takes it
    tariffs.json     OCPI tariffs and locations, as the CPO publishes them
    balances.csv     what stood in each book on the last day before

Every file may speak of parties, locations, EVSEs and tariffs by their old ids. Read in this order:
`manifest`, `ids` (the mapping), `rewriting` (old ids become ours in a document), `ocpi` and
`balances` (the same for OCPI objects and for lines of a table), `plan` (the folder, read whole),
`run` (try it, carry it out, approve it).
"""

from console.imports.opening.plan import Plan, read_plan
from console.imports.opening.run import Rehearsed, approve, carry_out, rehearse, sent_to

__all__ = ["Plan", "Rehearsed", "approve", "carry_out", "read_plan", "rehearse", "sent_to"]
