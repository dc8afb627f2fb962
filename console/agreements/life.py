"""An agreement's life as the log tells it: versions with who signed them, drafts, suspensions."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from console.agreements.writer import agreement_text, document_of
from console.templates.departures import Departure, departures
from ledger.application.known import facts_known
from ledger.application.ledger import Ledger
from ledger.roaming.agreement import Agreement
from ledger.roaming.agreement_version import AgreementVersion, Draft, Suspension
from ledger.roaming.party import Party
from ledger.values.identifiers import checked_party, pair_key
from ledger.values.reasons import Reason, Refusal, Refused


class Step(NamedTuple):
    """Something that happened: who did it, to which draft or version, and why."""

    recorded_at: datetime
    event: str
    actor: str
    about: str
    reason: str


class SignedVersion(NamedTuple):
    """A version, who wrote it and who approved it, and when."""

    number: int
    valid_from: datetime
    valid_until: datetime | None
    state: str
    author: str
    approver: str
    approved_at: datetime
    correction: str
    document_sha256: str


class PartyNamed(NamedTuple):
    """A party of an agreement: as what, its name, and what it is registered as."""

    party: str
    in_the_agreement: str
    name: str
    roles: tuple[str, ...]


class AgreementShown(NamedTuple):
    """An agreement as it is on an instant; `document` is what is in force then."""

    agreement: str
    as_of: datetime
    state: str
    parties: tuple[PartyNamed, ...]
    version: int | None
    document: dict[str, Any] | None
    text: str
    departures: tuple[Departure, ...]
    versions: tuple[SignedVersion, ...]
    drafts: tuple[Draft, ...]
    suspensions: tuple[Suspension, ...]
    steps: tuple[Step, ...]


class AgreementRow(NamedTuple):
    """An agreement in a list, as it is on an instant."""

    agreement: str
    state: str
    version: int | None
    flow: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    template: str | None
    versions: int
    drafts: int


STATES = ("in force", "suspended", "agreed", "ended", "between versions", "draft")


def agreement_key(text: str) -> str:
    """Return an agreement's key, also where `:` spares the quotes that `>` needs in a shell.

    Refuses: WRONG_IDENTIFIER.

    >>> agreement_key("nl*xyz:DE*EMP")
    'NL*XYZ>DE*EMP'
    """
    parties = re.split("[>:]", text)
    if len(parties) != 2:
        raise Refused(Refusal(Reason.WRONG_IDENTIFIER, "agreement", "NL*XYZ>DE*EMP", text))
    return pair_key(*map(checked_party, parties))


def version_named(text: str) -> tuple[str, int]:
    """Return key and number of `NL*XYZ>DE*EMP#2`. Refuses: WRONG_IDENTIFIER."""
    key, _, number = text.partition("#")
    if not number.isdigit():
        raise Refused(Refusal(Reason.WRONG_IDENTIFIER, "version", "NL*XYZ>DE*EMP#2", text))
    return agreement_key(key), int(number)


def version_of(ledger: Ledger, text: str) -> AgreementVersion:
    """Return a recorded version by its name. Refuses: WRONG_IDENTIFIER, NOT_FOUND."""
    key, number = version_named(text)
    ledger.refresh()
    agreement = ledger.facts.find(Agreement, key)
    if agreement is None or not 0 < number <= len(agreement.versions):
        raise Refused(Refusal(Reason.NOT_FOUND, "version", "a recorded version", text))
    return agreement.versions[number - 1]


def version_meant(ledger: Ledger, text: str, instant: datetime) -> tuple[str, AgreementVersion]:
    """Return key and version of `NL*XYZ>DE*EMP#2`; of a key alone, the one in force at an instant.

    Refuses: WRONG_IDENTIFIER, NOT_FOUND.
    """
    if "#" in text:
        return version_named(text)[0], version_of(ledger, text)
    key = agreement_key(text)
    ledger.refresh()
    agreement = ledger.facts.find(Agreement, key)
    version = agreement.version_valid_at(instant) if agreement is not None else None
    if version is None:
        wanted = f"an agreement in force on {instant.date()}"
        raise Refused(Refusal(Reason.NOT_FOUND, "agreement", wanted, text))
    return key, version


def state_of(agreement: Agreement, instant: datetime) -> str:
    """Return the state of an agreement at an instant, one of STATES."""
    if not agreement.versions:
        return "draft"
    if agreement.version_valid_at(instant) is not None:
        return "suspended" if agreement.suspension_at(instant) else "in force"
    if all(instant < version.valid_from for version in agreement.versions):
        return "agreed"
    is_over = all(version.valid_from <= instant for version in agreement.versions)
    return "ended" if is_over else "between versions"


def listed(
    ledger: Ledger,
    instant: datetime,
    *,
    party: str | None = None,
    state: str | None = None,
    known_at: datetime | None = None,
) -> Iterator[AgreementRow]:
    """Yield the agreements that filters leave, by key, as far as recorded by then."""
    for agreement in facts_known(ledger, Agreement, known_at=known_at).each_of(Agreement):
        own_state = state_of(agreement, instant)
        if party not in (None, *agreement.parties) or state not in (None, own_state):
            continue
        version = agreement.version_valid_at(instant)
        yield AgreementRow(
            agreement.key,
            own_state,
            version.number if version else None,
            version.terms.flow if version else None,
            version.valid_from if version else None,
            version.valid_until if version else None,
            version.template.name if version and version.template else None,
            len(agreement.versions),
            len(agreement.drafts),
        )


def shown(
    ledger: Ledger,
    key: str,
    instant: datetime,
    *,
    known_at: datetime | None = None,
    whole: bool = False,
) -> AgreementShown:
    """Return an agreement as of an instant, as far as recorded by then. Refuses: NOT_FOUND."""
    events = [
        ledger.event_mapper.to_domain_event(stored)
        for stored in ledger.store.events_of([Agreement.id_of(key)]).get(Agreement.id_of(key), ())
    ]
    known = [row for row in events if known_at is None or row.timestamp <= known_at]
    if not known:
        raise Refused(Refusal(Reason.NOT_FOUND, "agreement", "a recorded agreement", key))
    agreement = Agreement.blank(key)
    for event in known:
        event.mutate(agreement)
    version = agreement.version_valid_at(instant)
    return AgreementShown(
        key,
        instant,
        state_of(agreement, instant),
        tuple(_parties(ledger, agreement, version)),
        version.number if version else None,
        document_of(key, version, whole=whole) if version else None,
        agreement_text(key, version, whole=whole) if version else "",
        departures(key, version) if version else (),
        tuple(_signed(row, version, instant) for row in known if hasattr(row, "approver")),
        agreement.drafts,
        agreement.suspensions,
        tuple(map(_step, known)),
    )


def _parties(
    ledger: Ledger, agreement: Agreement, version: AgreementVersion | None
) -> Iterator[PartyNamed]:
    """Yield who sells, who buys, and whom the clauses in force pay."""
    ledger.refresh()
    named = {agreement.seller: "seller", agreement.buyer: "buyer"}
    for payee in version.payees.values() if version else ():
        named.setdefault(payee, "is paid")
    for key, part in named.items():
        party = ledger.facts.find(Party, key)
        document = party.document if party is not None else None
        yield PartyNamed(
            key, part, document.name if document else "", document.roles if document else ()
        )


def _signed(event: Any, in_force: AgreementVersion | None, instant: datetime) -> SignedVersion:
    version: AgreementVersion = event.version
    state = "in force" if in_force is not None and version.number == in_force.number else "past"
    if instant < version.valid_from:
        state = "to come"
    return SignedVersion(
        version.number,
        version.valid_from,
        version.valid_until,
        state,
        event.author,
        event.approver,
        event.provenance.occurred_at,
        version.correction,
        event.document_sha256,
    )


def _step(event: Any) -> Step:
    draft = getattr(event, "draft", 0)
    number = draft.number if isinstance(draft, Draft) else draft
    about = f"draft {number}" if number else ""
    if hasattr(event, "approver"):
        about = f"version {event.version.number}" + (f" of {about}" if about else "")
    instant = getattr(event, "suspended_from", None) or getattr(event, "resumed_from", None)
    return Step(
        event.timestamp,
        event.TOPIC.split(".")[1],
        event.provenance.actor,
        f"from {instant.isoformat()}" if instant else about,
        getattr(event, "reason", ""),
    )
