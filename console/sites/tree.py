"""The picture of a location: site, EVSEs, connectors, meters."""

from rich.markup import escape
from rich.tree import Tree

from console.sites.shown import ConnectorShown, EvseShown, LocationShown


def tree_of(found: LocationShown) -> Tree:
    """Return the tree that a terminal draws."""
    in_force = next((row for row in found.ocpi if row.in_force), None)
    place = f"  {in_force.name or in_force.address}, {in_force.city}" if in_force else ""
    tree = Tree(escape(f"{found.location}{place}"))
    for evse in found.evses:
        branch = tree.add(escape(_of_evse(evse)))
        for connector in evse.connectors:
            leaf = branch.add(escape(_of_connector(connector)))
            if connector.meter is not None:
                leaf.add(escape(_of_meter(connector)))
    return tree


def _of_evse(evse: EvseShown) -> str:
    words = [f"EVSE {evse.uid}", evse.evse_id or "", evse.status or "not published"]
    if evse.charger is not None:
        words.append(f"{evse.charger.manufacturer} {evse.charger.model} {evse.charger.firmware}")
    return "  ".join(word.strip() for word in words if word.strip())


def _of_connector(connector: ConnectorShown) -> str:
    tariffs = ", ".join(connector.tariff_ids) or "no tariff"
    return f"connector {connector.id}  {connector.standard} {connector.power_type}  {tariffs}"


def _of_meter(connector: ConnectorShown) -> str:
    meter = connector.meter
    if meter is None:
        return ""
    words = [f"meter {meter.serial}", meter.legal_class]
    if meter.calibrated_until is not None:
        words.append(f"calibrated until {meter.calibrated_until.isoformat()}")
    if meter.public_key is not None:
        words.append("signs")
    return "  ".join(words)
