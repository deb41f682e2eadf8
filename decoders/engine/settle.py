"""One swap instruction: its legs settled, their fees found, every other witness heard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from decoders.engine import checks
from decoders.engine.amounts import WRAPPED_SOL
from decoders.engine.errors import DecodeError
from decoders.engine.legs import Facts, Roles, Settled, SwapCall
from decoders.engine.model import Check, Fee, Swap, TokenAccount
from decoders.engine.movements import Kind, Movement

_WRAPPED_SOL_DECIMALS = 9
#: kinds of fees whose receiver does not trade; a creator or a referrer may
_NEVER_USERS = frozenset({"protocol", "platform"})


@dataclass(slots=True)
class Leg:
    """A settled leg that does not know its route and hop yet."""

    call: SwapCall
    number: int
    roles: Roles
    settled: Settled
    facts: Facts | None
    fees: tuple[Fee, ...]
    withheld_in: int | None
    withheld_out: int | None


def settle(call: SwapCall) -> list[Leg]:
    """The legs of a swap instruction; none when it moved nothing. Raises DecodeError when they do not settle."""
    find = call.ix.legs
    roles = find(call) if callable(find) else [leg.roles(call) for leg in find]
    settled = [call.ix.amounts(call, role) for role in roles]
    moved = [leg for leg in settled if leg is not None]
    if not moved:
        return []
    if len(moved) != len(settled):
        raise DecodeError("one_sided", f"{len(moved)} of {len(settled)} legs moved")
    return [_leg(call, number, role, leg) for number, (role, leg) in enumerate(zip(roles, moved, strict=True))]


def verify(legs: Sequence[Leg]) -> list[Check]:
    """What arguments, events and balances say of the legs of one instruction."""
    call = legs[0].call
    first = legs[0].settled
    paid_beside = 0
    if call.ix.pays and call.ix.args is not None and call.ix.args.plus_fees:
        paid_beside = sum(fee.amount for fee in _visible(call, first) if fee.mint == first.mint_in)
    said: list[Check | None] = [checks.check_args(call, first, legs[-1].settled, legs[-1].withheld_out, paid_beside)]
    for leg in legs:
        said.append(checks.check_event(call, leg.settled, leg.facts, leg.withheld_in, leg.withheld_out))
        said += checks.check_balances(call, leg.settled)
        if leg.roles.curve is not None:
            said.append(checks.check_payment(call, leg.settled, leg.roles.curve, _kept(leg)))
    return [check for check in said if check is not None]


def verify_curves(legs: Sequence[Leg]) -> Iterator[Check]:
    """What the lamports of curves say of all legs of a transaction."""
    curves: dict[str, list[tuple[SwapCall, Settled, int, int]]] = {}
    for leg in legs:
        curve = leg.roles.curve
        if curve is not None and curve in (leg.settled.vault_in, leg.settled.vault_out):
            kept = _kept(leg)
            out = not kept and curve == leg.settled.vault_out
            beside = sum(fee.amount for fee in leg.fees if out and fee.mint == WRAPPED_SOL)
            stays = kept + checks.rent(leg.call, leg.settled, curve, kept)
            curves.setdefault(curve, []).append((leg.call, leg.settled, beside, stays))
    for curve, sides in curves.items():
        yield from checks.check_lamports(curve, sides)


def swap(leg: Leg, route: str | None, hop: int, hops: int) -> Swap:
    """The leg as it is published."""
    call, settled = leg.call, leg.settled
    program, instruction, tokens = call.program, call.instruction, call.tokens
    row_in = None if settled.vault_in is None else tokens.get(settled.vault_in)
    row_out = None if settled.vault_out is None else tokens.get(settled.vault_out)
    return Swap(
        program=program.name,
        program_id=program.address,
        kind=program.kind,
        instruction=call.ix.name,
        outer_idx=instruction.outer,
        idx=instruction.position,
        leg=leg.number,
        pool=leg.roles.pool,
        user=call.account(call.ix.user),
        mint_in=settled.mint_in,
        mint_out=settled.mint_out,
        amount_in=settled.amount_in,
        amount_out=settled.amount_out,
        decimals_in=_decimals(call, settled.mint_in, row_in, settled.paid),
        decimals_out=_decimals(call, settled.mint_out, row_out, settled.received),
        vault_in=settled.vault_in,
        vault_out=settled.vault_out,
        reserve_in=_reserve(leg, settled.vault_in, row_in),
        reserve_out=_reserve(leg, settled.vault_out, row_out),
        transfer_fee_in=leg.withheld_in or None,
        transfer_fee_out=leg.withheld_out or None,
        fees=leg.fees,
        route=route,
        hop=hop,
        hops=hops,
    )


def _leg(call: SwapCall, number: int, roles: Roles, settled: Settled) -> Leg:
    if settled.vault_in == settled.mint_in or settled.vault_out == settled.mint_out:
        _refuse_mints_that_hold(settled)
    if call.ix.pays:
        _refuse_fees_into_legs(call, settled)
    facts = call.facts(roles)
    withheld_in, withheld_out = checks.withheld(call, settled.paid), checks.withheld(call, settled.received)
    if facts is not None:
        withheld_in = facts.transfer_fee_in if withheld_in is None else withheld_in
        withheld_out = facts.transfer_fee_out if withheld_out is None else withheld_out
    if facts is not None and facts.fees:
        fees = tuple(_stated(settled, facts))
    else:
        fees = tuple(_visible(call, settled)) if call.ix.pays else ()
    return Leg(call, number, roles, settled, facts, fees, withheld_in, withheld_out)


def _kept(leg: Leg) -> int:
    return 0 if leg.facts is None else leg.facts.kept


def _refuse_mints_that_hold(settled: Settled) -> None:
    """A mint stands for the vault where tokens are made and burned; nothing can be transferred into or out of it."""
    for mint, movements in ((settled.mint_in, settled.paid), (settled.mint_out, settled.received)):
        if any(one.kind is Kind.TRANSFER and mint in (one.source, one.dest) for one in movements):
            raise DecodeError("accounts", f"{mint} is a mint and holds no tokens")


def _refuse_fees_into_legs(call: SwapCall, settled: Settled) -> None:
    """An account that gets fees stands in a vault's or the user's place: what it got is not the leg."""
    receivers = {one.dest for one in settled.received}
    for kind, position in call.ix.pays:
        account = call.accounts[position] if position < len(call.accounts) else ""
        if account in (settled.vault_in, settled.vault_out) or (kind in _NEVER_USERS and account in receivers):
            raise DecodeError("accounts", f"{account} is part of the leg and gets {kind} fees")


def _stated(settled: Settled, facts: Facts) -> Iterator[Fee]:
    for kind, side, amount in facts.fees:
        if amount:
            yield Fee(kind=kind, mint=settled.mint_in if side == "in" else settled.mint_out, amount=amount)


def _visible(call: SwapCall, settled: Settled) -> Iterator[Fee]:
    """Transfers from the user or the vaults to the accounts the layout says get fees."""
    mints = {movement.source: settled.mint_in for movement in settled.paid}
    mints |= {movement.source: settled.mint_out for movement in settled.received}
    if settled.vault_in is not None:
        mints[settled.vault_in] = settled.mint_in
    for kind, position in call.ix.pays:
        if position >= len(call.accounts):
            continue
        receiver = call.accounts[position]
        for movement in call.movements:
            if movement.dest == receiver and movement.amount and movement.source in mints:
                yield Fee(kind=kind, mint=mints[movement.source], amount=movement.amount)


def _decimals(call: SwapCall, mint: str, row: TokenAccount | None, movements: Sequence[Movement]) -> int | None:
    if row is not None and row.mint == mint:
        return row.decimals
    if mint == WRAPPED_SOL:
        return _WRAPPED_SOL_DECIMALS
    stated = [row.decimals for row in call.tokens.values() if row.mint == mint]
    stated += [movement.decimals for movement in movements if movement.decimals is not None]
    return stated[0] if stated else None


def _reserve(leg: Leg, vault: str | None, row: TokenAccount | None) -> int | None:
    """The vault's balance after the transaction, where it is this pool's alone."""
    if vault is None or leg.call.ix.shared_vaults:
        return None
    if vault == leg.roles.curve:
        balances = leg.call.tree.transaction.lamports.get(vault)
        return None if balances is None else balances[1]
    return None if row is None else row.after
