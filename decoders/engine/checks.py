"""The other witnesses: arguments, events and balances are compared with every published leg; none changes it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Literal

from decoders.engine.legs import Facts, Settled, SwapCall
from decoders.engine.model import Check
from decoders.engine.movements import Kind, Movement
from decoders.engine.spec import Rule

_BASIS_POINTS = 10_000


def check_args(
    call: SwapCall, first: Settled, last: Settled, withheld_out: int | None, paid_beside: int
) -> Check | None:
    """The instruction's argument rules: the first leg's input, the last leg's output (net of a transfer fee)."""
    said = False
    if call.ix.args is None:
        return None
    for rule in call.ix.args.rules:
        if rule.when is not None and call.args.get(rule.when[0], 0) != rule.when[1]:
            continue
        if rule.side == "in":
            amount = first.amount_in
            if rule.plus_fees:
                amount += paid_beside
        elif withheld_out is None:
            continue
        else:
            amount = last.amount_out - withheld_out
        said = True
        if not _holds(rule, amount, call.args[rule.field]):
            bound = call.args[rule.field]
            return _check(call, "args", "differ", f"{rule.side} {amount} {rule.relation} {rule.field} {bound!r}")
    return _check(call, "args", "agree") if said else None


def check_event(
    call: SwapCall, leg: Settled, facts: Facts | None, withheld_in: int | None, withheld_out: int | None
) -> Check | None:
    """The event's amounts against the leg's; an event may state them without what a transfer fee withheld."""
    if facts is not None and facts.torn:
        return _check(call, "event", "differ", "the part of a fee is more than the fee")
    if facts is None or (facts.amount_in is None and facts.amount_out is None):
        return None
    agreed_in = facts.amount_in in (None, leg.amount_in, leg.amount_in - (withheld_in or 0))
    agreed_out = facts.amount_out in (None, leg.amount_out, leg.amount_out - (withheld_out or 0))
    if agreed_in and agreed_out:
        return _check(call, "event", "agree")
    detail = f"event {facts.amount_in} -> {facts.amount_out}, legs {leg.amount_in} -> {leg.amount_out}"
    return _check(call, "event", "differ", detail)


def check_balances(call: SwapCall, leg: Settled) -> list[Check]:
    """What both ends of a leg held before and after, against all that moved them in the transaction.

    Where less arrived than was sent by Token-2022, a fee was kept back: that end says nothing, its payer still does.
    Where the payer had got the same token so, both fees have to follow from one rate. An end without any balance, where
    other accounts have one, holds no tokens.
    """
    flows = call.tree.flows
    said: list[Check] = []
    for movements in (leg.paid, leg.received):
        agreed = False
        kept: list[tuple[int, int]] = []
        for account in _ends(movements):
            delta = token_delta(call, account)
            if delta is None and _holds_nothing(call, account, movements):
                said.append(_check(call, "balance", "differ", f"{account}: tokens moved, it has no balance"))
                break
            if delta is None:
                continue
            net = flows.net.get(account, 0)
            if net == delta:
                agreed = True
            elif net < delta or account not in flows.hidden:
                said.append(_check(call, "balance", "differ", f"{account}: moved {net}, balance {delta}"))
                break
            elif flows.hidden[account] == 1:
                kept.append((_hidden(call, account), net - delta))
        else:
            if agreed:
                said.append(_check(call, "balance", "agree"))
            elif not _one_rate(kept):
                said.append(_check(call, "balance", "differ", f"no rate gives these fees of these transfers: {kept}"))
    return said


def _ends(movements: Sequence[Movement]) -> Iterable[str]:
    if len(movements) == 1:
        return (movements[0].source, movements[0].dest)
    return dict.fromkeys(account for one in movements for account in (one.source, one.dest))


def check_payment(call: SwapCall, leg: Settled, curve: str, kept: int) -> Check | None:
    """The lamports that instructions below the call paid into the curve, against the event's amount and ``kept`` fees.

    One payment, or all of them, but for one that tops up the curve's rent.
    """
    if leg.vault_in != curve:
        return None
    due, paid = leg.amount_in + kept, _payments(call, curve)
    if due in paid or sum(paid) == due + rent(call, leg, curve, kept):
        return _check(call, "balance", "agree")
    return _check(call, "balance", "differ", f"{curve}: {due} stated, not paid")


def rent(call: SwapCall, leg: Settled, curve: str, kept: int) -> int:
    """The payment into the curve that is not the leg's: the user pays for an account that grows."""
    paid = _payments(call, curve)
    more = sum(paid) - (leg.amount_in + kept if leg.vault_in == curve else 0)
    return more if leg.vault_in != curve or more in paid else 0


def _payments(call: SwapCall, curve: str) -> list[int]:
    return [one.amount for one in call.movements if one.kind is Kind.LAMPORTS and one.dest == curve]


def check_lamports(curve: str, legs: Sequence[tuple[SwapCall, Settled, int, int]]) -> Iterator[Check]:
    """The curve's lamports before and after, against all legs of the transaction, where they alone used the curve.

    The numbers of each leg are fees that may be part of what it received or have left the curve beside that, and what
    has stayed on the curve or come to it beside the leg.
    """
    tree = legs[0][0].tree
    row = tree.transaction.lamports.get(curve)
    if row is None:
        return
    others = {call.position for call in tree.trace if curve in call.accounts}
    for call, *_ in legs:
        others.difference_update(range(call.instruction.position, call.end))
    if others:
        # a router above lists the accounts of what it calls, but lamports are only the curve's own program's to give
        others -= {caller.position for call, *_ in legs for caller in tree.callers(call.instruction)}
    if others:
        return
    moved = sum(stays + (leg.amount_in if leg.vault_in == curve else -leg.amount_out) for _, leg, _, stays in legs)
    beside = sum(fees for _, _, fees, _ in legs)
    delta = row[1] - row[0]
    for call, *_ in legs:
        if delta in (moved, moved - beside):
            yield _check(call, "balance", "agree")
        else:
            yield _check(call, "balance", "differ", f"{curve}: moved {moved}, lamports {delta}")


def token_delta(call: SwapCall, account: str) -> int | None:
    """How a token account's balance changed over the transaction; None where the transaction does not say."""
    row = call.tokens.get(account)
    if row is None or account in call.tree.movements.opaque:
        return None
    before, after = row.before, row.after
    return None if before is None or after is None else after - before


def _hidden(call: SwapCall, account: str) -> int:
    """The one transfer to an account that may have had a fee."""
    return next(one.amount for one in call.tree.movements.all if one.hides and one.dest == account)


def _one_rate(kept: Sequence[tuple[int, int]]) -> bool:
    """Whether fees of one mint's transfers, as (amount, fee), are of one rate: whole basis points, rounded up.

    The mint may set a most, which is then the highest of them.
    """
    most = max((fee for _, fee in kept), default=0)
    paying = [(amount, fee) for amount, fee in kept if amount]
    low = max(((fee - 1) * _BASIS_POINTS // amount + 1 for amount, fee in paying), default=0)
    high = min((fee * _BASIS_POINTS // amount for amount, fee in paying if fee < most), default=_BASIS_POINTS)
    return low <= min(high, _BASIS_POINTS)


def _holds_nothing(call: SwapCall, account: str, movements: Sequence[Movement]) -> bool:
    """Whether a transaction that tells balances has none of this account, neither before nor after, nor began it."""
    tokens = call.tree.transaction.tokens
    if not tokens or account in tokens or account in call.tree.movements.accounts:
        return False
    # wallets have no balance, and a mint stands for what is minted and burned
    return all(
        one.kind is not Kind.LAMPORTS and (one.kind is Kind.TRANSFER or one.mint != account) for one in movements
    )


def withheld(call: SwapCall, legs: Sequence[Movement]) -> int | None:
    """What Token-2022 transfer fees kept back on the way: stated, or proven by the receiver's balance.

    None when it cannot be known: several receivers, or a balance that does not say.
    """
    stated = hidden = 0
    for leg in legs:
        if leg.dest != legs[0].dest:
            return None
        stated += leg.fee or 0
        hidden += leg.hides
    if not hidden:
        return stated
    dest = legs[0].dest
    delta = token_delta(call, dest)
    flows = call.tree.flows
    net = flows.net.get(dest, 0)
    if delta is None or flows.hidden.get(dest, 0) != hidden or net < delta:
        return None
    return stated + net - delta


def _holds(rule: Rule, amount: int, bound: int | bytes) -> bool:
    if not isinstance(bound, int):
        return False
    if rule.relation == "exact":
        return amount == bound
    return amount <= bound if rule.relation == "at_most" else amount >= bound


def _check(call: SwapCall, check: str, result: Literal["agree", "differ"], detail: str = "") -> Check:
    return _checked((call.program.name, check, result, call.instruction.position, detail))


#: a check from a plain tuple, without the detour over Python that a named tuple takes
_checked: Callable[[tuple[str, str, Literal["agree", "differ"], int, str]], Check]
_checked = partial(tuple.__new__, Check)
