"""What happens in a drawn world: all of it arrives, and people act.

Read `whatever_world` first; `whole_closes` then closes the months. A person who may not do what he
wants is refused, for one of the reasons that are named here, and nothing is changed by it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Any

from msgspec.structs import replace

from ledger.application.acting import only
from ledger.application.commands import AcceptCdr, By, MessageCommand, UpdateSession
from ledger.application.control import (
    adjust_cdr,
    credit_cdr,
    exclude_cdrs,
    readmit_cdrs,
    release_cdrs,
)
from ledger.application.dispute_desk import dismiss_dispute, reply, speak, uphold_dispute
from ledger.roaming.entity import LegalEntity
from ledger.roaming.legs import DRIVER
from ledger.roaming.payment_statements import PaymentStatus
from ledger.values.money import SCALE_4
from ledger.values.reasons import Refused
from tests.disputing import said
from tests.ledger_cast import RECORDED_AT, Fact, entity
from tests.ledger_statements import credit_of, october
from tests.ledger_world import World
from tests.paying import told
from tests.whatever_world import (
    ACTS,
    CURRENCY_OF,
    SEATS,
    Act,
    Arrival,
    Charge,
    Whatever,
    agreed,
    belongs,
    priced,
    published,
)

REFUSED = {
    "ALREADY_EXISTS", "AMOUNT_TOO_LARGE", "CDR_NOT_HELD", "CDR_NOT_OPEN", "FINDING_NOT_THERE",
    "FINDING_NOT_RELEASABLE", "DISPUTE_NOT_OPEN", "NOT_FOUND", "REFUNDS_NOT_AGREED",
}  # fmt: skip
"""Why a person may lawfully be refused what is drawn."""


# --- everything arrives -------------------------------------------------------------------------


def arrive(world: World, drawn: Whatever, chance: Random) -> None:
    """Let everything that is early arrive in an order of chance, some messages again."""
    world.learn(*drawn.people)
    chains = drawn.chains
    messages = [row for chain in chains for row in chain if isinstance(row, MessageCommand)]
    chains += [[row] for row in chance.choices(messages, k=chance.randrange(5))]
    arrivals = sorted(
        (at, number, place)
        for number, chain in enumerate(chains)
        for place, at in enumerate(sorted(chance.random() for _ in chain))
    )
    for _, number, place in arrivals:
        come(world, chains[number][place])
        if chance.random() < 0.2:
            world.ledger.release(recorded_at=RECORDED_AT, limit=100)
    world.settle()


def come(world: World, arrival: Arrival) -> None:
    """Let a person act or a message be read; what follows from it waits."""
    if isinstance(arrival, MessageCommand):
        world.consumer.send(arrival)
    else:
        world.learn(arrival)


# --- people act ---------------------------------------------------------------------------------


class Actors:
    """People and partners who act on the charges of a drawn world, at an instant."""

    def __init__(self, world: World, drawn: Whatever, at: datetime) -> None:
        self.world, self.drawn = world, drawn
        self.by = By("finn", "asserted", at)
        self.refused: list[str] = []
        self.done: list[str] = []

    def do(self, acts: Sequence[Act]) -> None:
        """Do what is drawn, one after the other, and draw the consequences."""
        for act in acts:
            try:
                for step in ACTS[act.kind]:
                    self._steps(act)[step]()
                    self.world.settle(self.by.at)
            except Refused as refused:
                codes = [row.reason.value for row in refused.refusals]
                assert {*codes} <= REFUSED, (act, str(refused))
                self.refused.append(f"{act.kind}: {' '.join(codes)}")
            else:
                self.done.append(act.kind)

    def one_of(self, acts: Sequence[Act]) -> Callable[[], None]:
        """Return how one of the acts is done after the other, until nothing is left to do."""
        waiting = list(acts)
        return lambda: self.do([waiting.pop(0)] if waiting else [])

    def _steps(self, act: Act) -> dict[str, Callable[[], object]]:
        charge, ledger, by = self.drawn.charges[act.charge], self.world.ledger, self.by
        key, case = charge.key, f"{charge.seller}/d-{charge.number}"
        why, part = f"{act.kind} as drawn", Decimal(act.percent) / 100
        alone: dict[str, Any] = {"reason": why, "by": by}
        some = None if act.percent > 60 else self._part_of(charge, part)
        return {
            "adjust": lambda: adjust_cdr(ledger, key, amount=self._part_of(charge, part), **alone),
            "credit": lambda: credit_cdr(ledger, key, **alone),
            "credit CDR": lambda: self._send(self._credit_of(charge)),
            "exclude": lambda: only(exclude_cdrs(ledger, [key], **alone)),
            "readmit": lambda: only(readmit_cdrs(ledger, [key], **alone)),
            "release": lambda: only(
                release_cdrs(
                    ledger, [key], price="stated" if act.percent < 50 else "computed", **alone
                )
            ),
            "dispute": lambda: self._dispute(charge, some),
            "answer": lambda: reply(ledger, case, "ANSWER", text=why, by=by),
            "withdraw": lambda: reply(ledger, case, "WITHDRAW", text=why, by=by),
            "uphold": lambda: uphold_dispute(ledger, case, text=why, by=by, amount=some),
            "dismiss": lambda: dismiss_dispute(ledger, case, text=why, by=by),
            "capture": lambda: self._pay(charge, "CAPTURED", act.percent),
            "refund": lambda: self._pay(charge, "REFUNDED", act.percent),
            "charge back": lambda: self._pay(charge, "CHARGED_BACK", act.percent),
            "rates": lambda: self.world.learn(
                *published(self.drawn.per_euro, times=Decimal(1) + part / 10)
            ),
            "price": lambda: self._send(
                priced(charge.seller, (part, part), updated=october(charge.day, 3))
            ),
            "terms": lambda: self.world.learn(self._other_terms(charge, act)),
            "reseller": lambda: self.world.learn(self._other_reseller(act)),
            "owner": lambda: self.world.learn(
                belongs(charge.buyer, sorted(SEATS)[act.percent % len(SEATS)], october(16))
            ),
            "invalid session": lambda: self._send(self._session_of(charge, "INVALID", act)),
            "session": lambda: self._send(self._session_of(charge, "COMPLETED", act)),
        }

    def _send(self, message: MessageCommand) -> None:
        self.world.consumer.send(message, recorded_at=self.by.at)

    def _session_of(self, charge: Charge, status: str, act: Act) -> UpdateSession:
        """Return a later update of a session, as it is told with every act anew."""
        told_of = self.drawn.told(charge)[0].statement
        age = timedelta(hours=1, minutes=len(self.done), seconds=act.percent)
        last_updated = told_of.last_updated + age
        return UpdateSession(replace(told_of, status=status, last_updated=last_updated))

    def _credit_of(self, charge: Charge) -> AcceptCdr:
        return credit_of(self.drawn.told(charge)[1], f"K{charge.number}")

    def _part_of(self, charge: Charge, part: Decimal) -> Decimal:
        """Return a part of what a charge costs before tax; of one that is not decided, of 1."""
        decision = self.world.cdr(charge.id, charge.seller).decision
        whole = decision.legs[0].net if decision is not None else Decimal(1)
        return (whole * part).quantize(SCALE_4)

    def _dispute(self, charge: Charge, amount: Decimal | None) -> None:
        decision = self.world.cdr(charge.id, charge.seller).decision
        stated = said(
            "OPEN",
            charge.buyer,
            charge.id,
            id=f"D-{charge.number}",
            amount=None if amount is None else str(amount),
            currency=decision.legs[0].currency if decision is not None else "EUR",
            of=charge.seller,
        )
        speak(self.world.ledger, stated, by=self.by)

    def _pay(self, charge: Charge, status: PaymentStatus, percent: int) -> None:
        """Tell of a payment of its own, of what a driver owes; what goes back of it is a part."""
        decision = self.world.cdr(charge.id, charge.seller).decision
        currency, owed = CURRENCY_OF[charge.seller[:2]], Decimal(13)
        for leg in decision.legs if decision is not None else ():
            if leg.buyer == DRIVER or leg.for_driver:
                currency, owed = leg.currency, leg.gross
        part = owed * percent / (100 if status == "CAPTURED" else 170)
        stated = told(
            1 if status == "CAPTURED" else 2,
            status,
            str(max(part.quantize(Decimal("0.01"), ROUND_DOWN), Decimal("0.01"))),
            id=f"PAY-{charge.number}-{percent}",
            of=charge.seller,
            by=charge.buyer,
            currency=currency,
            cdr_id=charge.id,
            occurred_at=max(charge.started_at, self.by.at - timedelta(days=3)),
        )
        self._send(stated)

    def _other_terms(self, charge: Charge, act: Act) -> Fact:
        """Return that a pair corrects once more what it agrees, or takes the correction back."""
        deal = self.drawn.deal_of(charge)
        terms = deal.first if act.percent % 2 else deal.corrected
        return agreed(deal._replace(corrected=terms), corrected=True)

    def _other_reseller(self, act: Act) -> Fact:
        """Return that an entity resells now, or does not, as far as is known since."""
        key = sorted(SEATS)[act.percent % len(SEATS)]
        self.world.ledger.refresh()
        known = self.world.ledger.facts.find(LegalEntity, key)
        assert known is not None
        since = None if known.document.dealer_since else october(9).date()
        return entity(key, replace(known.document, dealer_since=since))
