"""The three ways to learn a leg's amounts: through the vaults (default), from an event, or with native SOL."""

from collections.abc import Iterator, Sequence
from typing import Final

from decoders.engine.errors import DecodeError
from decoders.engine.legs import Facts, Roles, Settled, SwapCall
from decoders.engine.movements import Kind, Movement

WRAPPED_SOL: Final = "So11111111111111111111111111111111111111112"


def through_vaults(call: SwapCall, roles: Roles) -> Settled | None:
    """Transfers from the user's accounts into a vault, and from another vault to the user's accounts.

    Which vault is which follows from the transfers. Where a program mints what it gives, or burns what it gets, the
    mint is named as the vault. None when no token moved below the instruction at all. Raises
    DecodeError when something moved that is not one payment against the other.
    """
    paid, received = _between(call, roles)
    if not any(leg.amount for leg in (*paid, *received)):
        _refuse_others(call)
        return None
    if not paid or not received:
        raise DecodeError("one_sided", "no transfer " + ("out of" if paid else "into") + " a vault")
    vault_in, vault_out = _vault({leg.dest for leg in paid}), _vault({leg.source for leg in received})
    if vault_in == vault_out:
        raise DecodeError("both_ways", vault_in)
    settled = Settled(
        mint_in=_mint(call, roles, vault_in, paid),
        mint_out=_mint(call, roles, vault_out, received),
        amount_in=sum(leg.amount for leg in paid),
        amount_out=sum(leg.amount for leg in received),
        vault_in=vault_in,
        vault_out=vault_out,
        paid=paid,
        received=received,
    )
    if settled.mint_in == settled.mint_out:
        raise DecodeError("mint", f"{settled.mint_in} on both sides")
    return settled


def from_event(call: SwapCall, roles: Roles) -> Settled | None:
    """Amounts and mints as the program's own event states them, for swaps that move no tokens. None without an event.

    Raises DecodeError when the event would be in logs that the node cut.
    """
    facts = call.facts(roles)
    if facts is not None:
        if facts.mint_in is None or facts.mint_out is None or facts.mint_in == facts.mint_out:
            raise DecodeError("mint", "the event does not name two mints")
        amount_in, amount_out = _stated(facts)
        return Settled(facts.mint_in, facts.mint_out, amount_in, amount_out, None, None)
    if not call.tree.logs.whole:
        raise DecodeError("logs", "the event may be in lines that are cut")
    return None


def native_sol(call: SwapCall, roles: Roles) -> Settled | None:
    """The token side through its vault; the SOL side, which moves as lamports of the curve, from the event.

    A curve whose quote is a token has a second vault that is used then.
    """
    paid, received = _between(call, roles)
    if not any(leg.amount for leg in (*paid, *received)):
        _refuse_others(call)
        return None
    if paid and received:
        return through_vaults(call, roles)
    facts = call.facts(roles)
    if facts is None or not facts.native:
        raise DecodeError("event", "tokens moved without the event that says for how many lamports")
    legs = paid or received
    row = call.tree.transaction.tokens.get(roles.vaults[0])
    if row is not None and row.owner not in (None, roles.curve):
        raise DecodeError("accounts", f"{roles.vaults[0]} is not the curve's")
    vault = _vault({leg.dest if paid else leg.source for leg in legs})
    mint = _mint(call, roles, vault, legs)
    amount = sum(leg.amount for leg in legs)
    if mint == WRAPPED_SOL:
        raise DecodeError("mint", "SOL on both sides")
    amount_in, amount_out = _stated(facts)
    if paid:
        return Settled(mint, WRAPPED_SOL, amount, amount_out, vault, roles.curve, paid=paid)
    return Settled(WRAPPED_SOL, mint, amount_in, amount, roles.curve, vault, received=received)


def _stated(facts: Facts) -> tuple[int, int]:
    if facts.amount_in is None or facts.amount_out is None:
        raise DecodeError("event", "it does not state both amounts")
    return facts.amount_in, facts.amount_out


def _between(call: SwapCall, roles: Roles) -> tuple[list[Movement], list[Movement]]:
    """The transfers user → vault and vault → user. Without stack heights only one each can be trusted."""
    vaults, users = roles.vaults, roles.users
    paid, received = [], []
    for movement in call.movements:
        if movement.kind is Kind.LAMPORTS:
            continue
        if movement.dest in vaults and movement.source in users:
            paid.append(movement)
        elif movement.source in vaults and movement.dest in users:
            received.append(movement)
    if call.flat and (len(paid) > 1 or len(received) > 1):
        raise DecodeError("ambiguous", f"{len(paid)} transfers in, {len(received)} out, and no stack heights")
    return paid, received


def _refuse_others(call: SwapCall) -> None:
    """An instruction that moved no tokens is no swap; one that moved others than its vaults' does not fit."""
    moved = [movement for movement in call.movements if movement.kind is not Kind.LAMPORTS and movement.amount]
    if moved:
        raise DecodeError("transfers", f"{len(moved)} transfers, none between the user's accounts and the vaults")


def _vault(vaults: set[str]) -> str:
    if len(vaults) != 1:
        raise DecodeError("both_ways", "both vaults on one side")
    return next(iter(vaults))


def _mint(call: SwapCall, roles: Roles, vault: str, legs: Sequence[Movement]) -> str:
    """The one mint that transfers, balances, initialised accounts and the layout agree on."""
    mint: str | None = None
    for stated in _stated_mints(call, roles, vault, legs):
        if mint is None:
            mint = stated
        elif stated is not None and stated != mint:
            raise DecodeError("mint", f"{vault}: {mint} and {stated}")
    if mint is None:
        raise DecodeError("mint", f"{vault}: unknown")
    return mint


def _stated_mints(call: SwapCall, roles: Roles, vault: str, legs: Sequence[Movement]) -> Iterator[str | None]:
    if roles.mints:
        yield roles.mints[roles.vaults.index(vault)]
    yield _mint_of(call, vault)
    for leg in legs:
        yield leg.mint
        yield _mint_of(call, leg.source if leg.dest == vault else leg.dest)


def _mint_of(call: SwapCall, account: str) -> str | None:
    row = call.tree.transaction.tokens.get(account)
    return call.tree.movements.accounts.get(account) if row is None else row.mint
