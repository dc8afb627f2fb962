"""Two versions of an agreement side by side, clause by clause, in the words of the document."""

from typing import Any

from console.agreements.fields import SECTIONS
from console.agreements.writer import terms_written
from console.tariffs.differ import Difference, plain_differences
from ledger.roaming.terms import Terms


def differences(before: Terms, after: Terms) -> tuple[Difference, ...]:
    """Return what is agreed otherwise: the clause, as it was and as it is.

    Fees, discounts and steps that have names are compared by them, whatever their place.

    >>> from ledger.roaming.terms import Sla
    >>> [tuple(row) for row in differences(Terms(), Terms(sla=Sla(delivery_h=12)))]
    [('deadlines.delivery', '24 h', '12 h')]
    """
    was, now = (terms_written(terms, whole=True) for terms in (before, after))
    found = plain_differences(_by_name(was), _by_name(now))
    sections = list(SECTIONS)
    return tuple(sorted(found, key=lambda row: sections.index(row.path.partition(".")[0])))


def _by_name(value: Any) -> Any:
    """Return lists of clauses as mappings, by name, else by place and payee."""
    if isinstance(value, dict):
        return {name: _by_name(part) for name, part in value.items()}
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return value
    names = [row.get("name") or row.get("payee") for row in value]
    if None in names or len(set(names)) < len(names):
        return [_by_name(row) for row in value]
    return {name: _by_name(row) for name, row in zip(names, value, strict=True)}
