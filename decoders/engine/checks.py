"""The other witnesses: arguments, events and balances are compared with every published leg; none changes it."""

from collections.abc import Iterator, Sequence
from typing import Literal

from decoders.engine.legs import Facts, Settled, SwapCall
from decoders.engine.model import Check
from decoders.engine.movements import Kind, Movement
from decoders.engine.spec import Rule


def check_args(
    call: SwapCall, first: Settled, last: Settled, withheld_out: int | None, paid_beside: int
) -> Check | None:
    """The instruction's argument rules: the first leg's input, the last leg's output (net of a transfer fee)."""
    said = False
    for rule in call.ix.args.rules if call.ix.args is not None else ():
        if rule.when is not None and call.args[rule.when[0]] != rule.when[1]:
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
    if facts is None or facts.amount_in is None:
        return None
    agreed_in = facts.amount_in in (leg.amount_in, leg.amount_in - (withheld_in or 0))
    agreed_out = facts.amount_out in (leg.amount_out, leg.amount_out - (withheld_out or 0))
    if agreed_in and agreed_out:
        return _check(call, "event", "agree")
    detail = f"event {facts.amount_in} -> {facts.amount_out}, legs {leg.amount_in} -> {leg.amount_out}"
    return _check(call, "event", "differ", detail)


def check_balances(call: SwapCall, leg: Settled, withheld_in: int | None) -> Iterator[Check]:
    """The vaults' balances before and after, where nothing but this instruction moved them."""
    for vault, movements, kept in ((leg.vault_in, leg.paid, withheld_in), (leg.vault_out, leg.received, 0)):
        if vault is None or not movements or kept is None:
            continue
        moved = _moved(call, vault)
        delta = token_delta(call, vault)
        if moved is not None and delta is not None:
            moved -= kept
            result: Literal["agree", "differ"] = "agree" if moved == delta else "differ"
            yield _check(call, "balance", result, "" if moved == delta else f"{vault}: moved {moved}, balance {delta}")


def check_lamports(call: SwapCall, leg: Settled, curve: str) -> Iterator[Check]:
    """The curve's lamports before and after, where native SOL moved and one instruction alone used the curve."""
    row = call.tree.transaction.lamports.get(curve)
    if row is None or curve not in (leg.vault_in, leg.vault_out):
        return
    start, end = call.instruction.position, call.end
    for other in call.tree.trace:
        if curve in other.accounts and not start <= other.position < end:
            return
    moved = leg.amount_in if leg.vault_in == curve else -leg.amount_out
    delta = row[1] - row[0]
    yield _check(call, "balance", "agree" if moved == delta else "differ", f"{curve}: moved {moved}, lamports {delta}")


def token_delta(call: SwapCall, account: str) -> int | None:
    """How a token account's balance changed over the transaction; None where the transaction does not say."""
    row = call.tree.transaction.tokens.get(account)
    if row is None or account in call.tree.movements.opaque or row.before is None or row.after is None:
        return None
    return row.after - row.before


def withheld(call: SwapCall, dest: str, legs: Sequence[Movement]) -> int | None:
    """What Token-2022 transfer fees kept back on the way to ``dest``: stated, or proven by its balance, else None."""
    if not any(leg.withholds for leg in legs):
        return 0
    if all(leg.fee is not None for leg in legs):
        return sum(leg.fee or 0 for leg in legs)
    delta = token_delta(call, dest)
    if delta is None:
        return None
    net = 0
    for movement in call.tree.touching(dest):
        if movement.dest != dest:
            net -= movement.amount
        elif movement.withholds and movement not in legs:
            return None
        else:
            net += movement.amount
    return net - delta if net >= delta else None


def _moved(call: SwapCall, vault: str) -> int | None:
    """The sum of the movements of a vault; None when another instruction touched it too."""
    total = 0
    start, end = call.instruction.position, call.end
    for movement in call.tree.touching(vault):
        if not start < movement.position < end or movement.kind is Kind.LAMPORTS:
            return None
        total += movement.amount if movement.dest == vault else -movement.amount
    return total


def _holds(rule: Rule, amount: int, bound: int | bytes) -> bool:
    if not isinstance(bound, int):
        return False
    if rule.relation == "exact":
        return amount == bound
    return amount <= bound if rule.relation == "at_most" else amount >= bound


def _check(call: SwapCall, check: str, result: Literal["agree", "differ"], detail: str = "") -> Check:
    return Check(program=call.program.name, check=check, result=result, idx=call.instruction.position, detail=detail)
