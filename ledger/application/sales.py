"""The legs of a CDR: the sale itself, the sale to the driver, the fees on it, the shares of it.

Who collects decides what comes first. *Roaming*: the CPO sells to the eMSP and owes the shares of
that sale; the eMSP sells to its driver where its retail tariff is known. *Ad hoc*: the driver
pays once, at the tariff of the charger, to the party that collects; everybody else is paid from
it, the CPO with what the other steps leave.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import chain

from msgspec.structs import replace

from ledger.application.charges import sold_between_parties, sold_on_the_spot, sold_to_the_driver
from ledger.application.sale import Sale
from ledger.application.selling import Sold, Trader, leg_between, trader_of
from ledger.books.split import THE_REST, Portion, waterfall
from ledger.books.stepping import as_step, taken_by, tiers_of
from ledger.roaming.agreement import Agreement
from ledger.roaming.clauses import Fee, Step, clause_name
from ledger.roaming.legs import Leg, SplitStep
from ledger.values.entries import Entry
from ledger.values.fractions import decimal_of, scale_4_of
from ledger.vat.parties import SupplyKind

_BASIS_RATED = frozenset({"net", "gross"})
_BASIS_PER_CDR = _BASIS_RATED | {"per_cdr", "per_kwh"}


def legs_of(sale: Sale) -> tuple[tuple[Leg, ...], tuple[Entry, ...]]:
    """Return the legs and their entries. Refuses what a leg's VAT, FX or party refuses."""
    sold = list(_sold(sale))
    entries = chain.from_iterable(row.entries(index) for index, row in enumerate(sold))
    return tuple(row.leg for row in sold), tuple(entries)


def _sold(sale: Sale) -> Iterator[Sold]:
    if sale.terms.flow == "ad_hoc":
        main, paid_by = sold_on_the_spot(sale), sale.buyer
    else:
        main, paid_by = sold_between_parties(sale), sale.seller
    steps, portions = _split_of(sale, main.leg)
    yield main._replace(leg=replace(main.leg, split=steps)) if steps else main
    if sale.retail is not None:
        yield from sold_to_the_driver(sale, sale.retail)
    yield from _fees(sale, main.leg)
    yield from _shares(sale, main.leg, steps, portions, paid_by=paid_by)


def _split_of(sale: Sale, main: Leg) -> tuple[tuple[SplitStep, ...], list[Portion]]:
    """Return the waterfall of a sale: the agreement's own steps, then those of its site's host.

    Where a host shares, its agreement says who takes what remains. What is paid on the spot is
    never without steps: where none concerns it, all of it is the CPO's.
    """
    own = _portions(sale, sale.agreement, sale.number)
    hosts = _portions(sale, *sale.shares) if sale.shares is not None else []
    if hosts:
        own = [row for row in own if not row.step.remaining]
    portions = own + hosts
    if not portions and sale.terms.flow == "ad_hoc":
        portions = [Portion(Step(sale.seller.party, remaining=True), THE_REST, sale.version)]
    if not portions:
        return (), []
    steps = waterfall(
        gross=main.gross,
        net=main.net,
        energy_kwh=sale.price.priced.billed_energy_kwh,
        steps=portions,
        seller=sale.seller.party,
        in_sale_currency=lambda amount, of: sale.in_currency(amount, of, main.currency),
    )
    return steps, portions


def _portions(sale: Sale, agreement: Agreement, number: int) -> list[Portion]:
    version = f"{agreement.key}#{number}"
    return [
        Portion(step, clause_name("split.steps", place, step.name), version)
        for place, step in enumerate(agreement.versions[number - 1].terms.split.steps)
        if sale.situation.concerns(step.audience)
    ]


def _shares(
    sale: Sale,
    main: Leg,
    steps: tuple[SplitStep, ...],
    portions: list[Portion],
    *,
    paid_by: Trader,
) -> Iterator[Sold]:
    """Yield a leg per payee of the split, but for what the party that pays keeps.

    What the CPO gets of an ad-hoc sale is what it supplies: electricity, the wholesale leg.
    """
    for index, step in enumerate(steps):
        if step.payee == paid_by.party or not step.amount:
            continue
        is_supply = step.payee == sale.seller.party
        supply: SupplyKind = "electricity" if is_supply else portions[index].step.vat_kind
        yield leg_between(
            sale.view,
            kind="wholesale" if is_supply else "share",
            supply=supply,
            seller=trader_of(sale.view, step.payee, sale.started_at),
            buyer=paid_by,
            occasion=sale.occasion,
            clause=step.clause,
            agreement_version=step.agreement_version,
            currency=main.currency,
            net_exact=step.exact,
            net=step.amount,
            terms=sale.view.terms_of(step.agreement_version).vat,
        )


def _fees(sale: Sale, main: Leg) -> Iterator[Sold]:
    """Yield a leg per fee: the payee sells a service to the side that owes the fee."""
    for index, fee in enumerate(sale.terms.fees):
        if fee.basis not in _BASIS_PER_CDR or not sale.situation.concerns(fee.audience):
            continue
        exact, currency = _fee_of(sale, fee, main)
        yield leg_between(
            sale.view,
            kind="fee",
            supply="service",
            seller=trader_of(sale.view, fee.payee, sale.started_at),
            buyer=sale.seller if fee.payer == "seller" else sale.buyer,
            occasion=sale.occasion,
            clause=clause_name("fees", index, fee.name),
            agreement_version=sale.version,
            currency=currency,
            net_exact=str(decimal_of(exact)),
            net=scale_4_of(exact),
            terms=sale.terms.vat,
        )


def _fee_of(sale: Sale, fee: Fee, main: Leg) -> tuple[Fraction, str]:
    """Return a fee's exact net and its currency, at its first tier and within its bounds.

    A fee is priced as a step of the split is: a negative sale gives the exact negation.
    """
    step, currency = as_step(fee), fee.currency or main.currency
    sign = -1 if main.net < 0 else 1
    basis = Fraction(0)
    if fee.basis in _BASIS_RATED:
        whole = main.gross if fee.basis == "gross" else main.net
        basis = sale.in_currency(whole * sign, main.currency, currency)
    taken = taken_by(
        step,
        tiers_of(step)[0],
        basis=basis,
        energy_kwh=Fraction(sale.price.priced.billed_energy_kwh),
        in_sale_currency=_as_it_is,
    )
    return taken.exact * sign, currency


def _as_it_is(amount: Decimal, currency: str | None) -> Fraction:  # noqa: ARG001
    """Return an amount of a fee, which is in the fee's own currency."""
    return Fraction(amount)
