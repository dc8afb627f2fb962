"""Make the ledger know the world: the commands that people would issue, in their names."""

from datetime import datetime

from console.demo.world.documents import World
from ledger.application.commands import By
from ledger.application.ledger import Ledger
from ledger.application.registration import (
    agree,
    import_rates,
    register_actor,
    register_entity,
    register_party,
)


def register_world(ledger: Ledger, world: World, *, at: datetime) -> None:
    """Register actors, entities, parties, rates and agreements; again, nothing changes.

    The first actor registers everybody and the master data; rates are imported and agreements
    approved by people of finance. Refuses: what the commands refuse.
    """
    admin = next(iter(world.actors))
    by = By(admin, "asserted", at)
    for name, roles in world.actors.items():
        register_actor(ledger, name, roles, by=by)
    for key, entity in world.entities.items():
        register_entity(ledger, key, entity, by=by)
    for party, document in world.parties.items():
        register_party(ledger, party, document, by=by)
    finance = next(name for name, roles in world.actors.items() if "finance" in roles)
    for history in world.rates:
        import_rates(ledger, history, by=By(finance, "asserted", at))
    for row in world.agreements:
        agree(
            ledger,
            seller=row.seller,
            buyer=row.buyer,
            terms=row.terms,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            author=row.author,
            by=By(row.approver, "asserted", at),
        )
