"""Sessions as the ledger recorded them, and the drafts of those that no CDR names yet."""

from collections.abc import Iterable
from typing import NamedTuple

from console.drafting.cdr import draft_cdr
from console.drafting.facts import FactsRegister
from console.drafting.register import plain
from console.imports.back_end import cdr_id_of
from ledger.application.ledger import Ledger
from ledger.log import log_of
from ledger.log.billed import Billing
from ledger.log.subjects import with_personal_data
from ledger.roaming.cdr import Cdr
from ledger.roaming.session import Session
from ledger.values.identifiers import checked_party, record_key
from ledger.values.reasons import Reason, Refusal, Refused
from schemas import CdrV1, SessionV1


class RefusedDraft(NamedTuple):
    """A session of which no CDR can be drafted, and the first reason."""

    session: str
    code: str
    sentence: str


class Drafts(NamedTuple):
    """What became of the sessions asked for, in their order."""

    cdrs: tuple[CdrV1, ...]
    refused: tuple[RefusedDraft, ...]


def session_key(text: str) -> str:
    """Return the key of a session as people write it. Refuses: WRONG_IDENTIFIER.

    >>> session_key("nl*xyz/S-17")
    'NL*XYZ/s-17'
    """
    party, slash, session_id = text.partition("/")
    if not slash or not session_id:
        raise Refused(Refusal(Reason.WRONG_IDENTIFIER, "session", "NL*XYZ/S-17", text))
    return record_key(checked_party(party), session_id)


def draft_of(ledger: Ledger, key: str) -> CdrV1:
    """Return the draft of one session.

    Refuses: NOT_FOUND, SESSION_BILLED, SUBJECT_ERASED, and what `draft_cdr` refuses.
    """
    ledger.refresh()
    return _draft(ledger, key, Billing(log_of(ledger), key.partition("/")[0]))


def drafts_of_unbilled(ledger: Ledger, party: str) -> Drafts:
    """Return the drafts of all completed sessions of a CPO that no CDR names."""
    ledger.refresh()
    billing = Billing(log_of(ledger), party)
    return _drafts(ledger, billing.unbilled, billing)


def _drafts(ledger: Ledger, keys: Iterable[str], billing: Billing) -> Drafts:
    cdrs: list[CdrV1] = []
    refused: list[RefusedDraft] = []
    for key in keys:
        try:
            cdrs.append(_draft(ledger, key, billing))
        except Refused as refusal:
            refused.append(RefusedDraft(key, refusal.reason.value, str(refusal)))
    return Drafts(tuple(cdrs), tuple(refused))


def _draft(ledger: Ledger, key: str, billing: Billing) -> CdrV1:
    session = recorded_session(ledger, key)
    billed_by = billing.billed_by(key) or _cdr_of_the_same_id(ledger, session)
    if billed_by:
        raise Refused(Refusal(Reason.SESSION_BILLED, key, "no CDR", billed_by))
    return draft_cdr(session, FactsRegister(ledger.facts))


def recorded_session(ledger: Ledger, key: str) -> SessionV1:
    """Return the newest state of a session as its CPO stated it, personal data included.

    Refuses: NOT_FOUND, SUBJECT_ERASED.
    """
    session = Session.blank(key)
    for stored in ledger.store.events_of([session.id]).get(session.id, ()):
        ledger.event_mapper.to_domain_event(stored).mutate(session)
    if session.latest is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "session", actual=key))
    return SessionV1(**plain(with_personal_data(log_of(ledger), session.latest)))


def _cdr_of_the_same_id(ledger: Ledger, session: SessionV1) -> str | None:
    """Return the key of a recorded CDR that has the draft's id, whatever session it names."""
    party = checked_party(f"{session.country_code}*{session.party_id}")
    key = record_key(party, cdr_id_of(session.id))
    return key if ledger.store.events_of([Cdr.id_of(key)]) else None
