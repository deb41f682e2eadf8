"""The ways to learn a leg's amounts: through the vaults (default), from an event, with native SOL, between wallets."""

from collections.abc import Sequence
from typing import Final

from decoders.engine.errors import DecodeError
from decoders.engine.legs import Facts, Roles, Settled, SwapCall
from decoders.engine.movements import LAMPORTS, TRANSFER, Kind, Movement

WRAPPED_SOL: Final = "So11111111111111111111111111111111111111112"


def through_vaults(call: SwapCall, roles: Roles) -> Settled | None:
    """Transfers from the user's accounts into a vault, and from another vault to the user's accounts.

    Which vault is which follows from the transfers. Where a program mints what it gives, or burns what it gets, the
    mint is named as the vault. None when no token moved below the instruction at all. Raises
    DecodeError when something moved that is not one payment against the other.
    """
    paid, received = _between(call, roles)
    amount_in, amount_out = _total(paid), _total(received)
    if not (amount_in or amount_out):
        _refuse_others(call)
        return None
    if not paid or not received:
        raise DecodeError("one_sided", "no transfer " + ("out of" if paid else "into") + " a vault")
    vault_in = paid[0].dest if len(paid) == 1 else _vault([leg.dest for leg in paid])
    vault_out = received[0].source if len(received) == 1 else _vault([leg.source for leg in received])
    if vault_in == vault_out:
        raise DecodeError("both_ways", vault_in)
    mint_in = _mint(call, roles, vault_in, paid)
    mint_out = _mint(call, roles, vault_out, received)
    if mint_in == mint_out:
        raise DecodeError("mint", f"{mint_in} on both sides")
    return Settled(mint_in, mint_out, amount_in, amount_out, vault_in, vault_out, paid, received)


def one_transfer_each(call: SwapCall, roles: Roles) -> Settled | None:
    """The same where one payment and one receipt are all there ever is.

    For programs whose vaults pay fees too, or whose arguments are not known, so that nothing else would doubt a sum.
    Raises DecodeError when there are more.
    """
    settled = through_vaults(call, roles)
    if settled is not None and not len(settled.paid) == len(settled.received) == 1:
        raise DecodeError("ambiguous", f"{len(settled.paid)} transfers in, {len(settled.received)} out")
    return settled


def from_event(call: SwapCall, roles: Roles) -> Settled | None:
    """Amounts and mints as the program's own event states them, for swaps that move no tokens. None without an event.

    Raises DecodeError when the event would be in logs that the node cut.
    """
    facts = call.facts(roles)
    if facts is not None:
        if facts.mint_in is None or facts.mint_out is None or facts.mint_in == facts.mint_out:
            raise DecodeError("mint", "the event does not name two mints")
        if not roles.vaults and any(_moves_mint(call, one, facts.mint_in) for one in call.movements):
            raise DecodeError("transfers", "the payment moved in an instruction that moves none")
        amount_in, amount_out = _stated(facts)
        return Settled(facts.mint_in, facts.mint_out, amount_in, amount_out, None, None)
    if not call.tree.logs.whole:
        raise DecodeError("logs", "the event may be in lines that are cut")
    return None


def _moves_mint(call: SwapCall, one: Movement, mint: str) -> bool:
    if one.kind is not Kind.TRANSFER or not one.amount:
        return False
    row = call.tokens.get(one.source)
    return mint in (one.mint, call.tree.movements.accounts.get(one.source) if row is None else row.mint)


def native_sol(call: SwapCall, roles: Roles) -> Settled | None:
    """The token side through its vault; the SOL side, which moves as lamports of the curve, from the event.

    A curve whose quote is a token has a second vault that is used then. Where the event is in a log that was cut, a
    purchase is still told by the one payment into the curve.
    """
    paid, received = _between(call, roles)
    if not (_total(paid) or _total(received)):
        _refuse_others(call)
        return None
    if paid and received:
        return through_vaults(call, roles)
    facts = call.facts(roles) or _cut_off(call, roles, bought=bool(received))
    if facts is None or not facts.native:
        raise DecodeError("event", "tokens moved without the event that says for how many lamports")
    legs = paid or received
    row = call.tokens.get(roles.vaults[0])
    if roles.curve == roles.pool and row is not None and row.owner not in (None, roles.curve):
        raise DecodeError("accounts", f"{roles.vaults[0]} is not the curve's")
    vault = _vault([leg.dest if paid else leg.source for leg in legs])
    mint = _mint(call, roles, vault, legs)
    amount = _total(legs)
    if mint == WRAPPED_SOL:
        raise DecodeError("mint", "SOL on both sides")
    amount_in, amount_out = _stated(facts)
    if paid:
        return Settled(mint, WRAPPED_SOL, amount, amount_out, vault, roles.curve, paid=paid)
    return Settled(WRAPPED_SOL, mint, amount_in, amount, roles.curve, vault, received=received)


def _cut_off(call: SwapCall, roles: Roles, *, bought: bool) -> Facts | None:
    """What a logged event would say that is not there. Raises DecodeError when it may be in lines that were cut."""
    logged = any(getattr(event, "via", None) == "log" for event in call.ix.events)
    if not logged or call.tree.logs.whole:
        return None
    payments = [one for one in call.movements if one.kind is LAMPORTS and one.dest == roles.curve]
    if bought and len(payments) == 1 and payments[0].amount:
        return Facts(payments[0].amount, 0, native=True)
    raise DecodeError("logs", "the event that says for how many lamports may be in lines that are cut")


def between_wallets(call: SwapCall, roles: Roles) -> Settled | None:
    """A fill between the user and the maker (``roles.pool``), whose token accounts are ``users`` and ``vaults``.

    Both are given input first. One that is missing (the program's own address stands there) means native SOL: then
    lamports go straight to the wallet or the token account of the other side, and what a maker unwraps on the way is
    not the leg. None when nothing moved.
    """
    paid, received = _paid_to_maker(call, roles), _paid_by_maker(call, roles)
    if not any(leg.amount for leg in (*paid, *received)):
        _refuse_others(call)
        return None
    if len(paid) != 1 or len(received) != 1:
        said = f"{len(paid)} payments to the maker, {len(received)} by the maker"
        raise DecodeError("ambiguous" if paid and received else "one_sided", said)
    mints = [_filled_mint(call, roles, side, leg) for side, leg in enumerate((*paid, *received))]
    if mints[0] == mints[1]:
        raise DecodeError("mint", f"{mints[0]} on both sides")
    vaults = [vault if vault != call.program.address else roles.pool for vault in roles.vaults]
    amount_in, amount_out = paid[0].amount, received[0].amount
    return Settled(mints[0], mints[1], amount_in, amount_out, vaults[0], vaults[1], paid=paid, received=received)


def _stated(facts: Facts) -> tuple[int, int]:
    if facts.amount_in is None or facts.amount_out is None:
        raise DecodeError("event", "it does not state both amounts")
    return facts.amount_in, facts.amount_out


def _between(call: SwapCall, roles: Roles) -> tuple[list[Movement], list[Movement]]:
    """The transfers user → vault and vault → user. Without stack heights only one each can be trusted."""
    vaults, users = roles.vaults, roles.users
    paid, received = [], []
    for movement in call.movements:
        _, kind, source, dest, *_ = movement
        if kind is LAMPORTS:
            continue
        if dest in vaults and source in users:
            paid.append(movement)
        elif source in vaults and dest in users:
            received.append(movement)
        else:
            _refuse_strangers(call, roles, movement)
    if call.flat and (len(paid) > 1 or len(received) > 1):
        raise DecodeError("ambiguous", f"{len(paid)} transfers in, {len(received)} out, and no stack heights")
    return paid, received


def _refuse_strangers(call: SwapCall, roles: Roles, movement: Movement) -> None:
    """What else a vault or a user pays or gets has both ends among the instruction's accounts: the runtime sees to it.

    Without stack heights others may have moved the user's tokens, but not those of a vault.
    """
    for one, other in ((movement.source, movement.dest), (movement.dest, movement.source)):
        own = one in roles.vaults or (one in roles.users and not call.flat)
        if own and other not in call.accounts and not (call.flat and one == movement.dest):
            raise DecodeError("transfers", f"{one} dealt with {other}, which is not the instruction's")


def _refuse_others(call: SwapCall) -> None:
    """An instruction that moved no tokens is no swap; one that moved others than its vaults' does not fit."""
    moved = [movement for movement in call.movements if movement.kind is not LAMPORTS and movement.amount]
    if moved:
        raise DecodeError("transfers", f"{len(moved)} transfers, none between the user's accounts and the vaults")


def _paid_to_maker(call: SwapCall, roles: Roles) -> list[Movement]:
    user, maker = roles.users[0], roles.vaults[0]
    missing = call.program.address
    if user == missing:
        wallet = call.account(call.ix.user)
        return _moves(call, LAMPORTS, wallet, roles.pool if maker == missing else maker)
    # a maker without a token account unwraps what he gets in a temporary one, the account behind the others
    return _moves(call, TRANSFER, user, call.account(call.ix.accounts) if maker == missing else maker)


def _paid_by_maker(call: SwapCall, roles: Roles) -> list[Movement]:
    user, maker = roles.users[1], roles.vaults[1]
    missing = call.program.address
    if missing not in (user, maker):
        return _moves(call, TRANSFER, maker, user)
    return _moves(call, LAMPORTS, roles.pool, call.account(call.ix.user) if user == missing else user)


def _moves(call: SwapCall, kind: Kind, source: str, dest: str) -> list[Movement]:
    return [one for one in call.movements if (one.kind, one.source, one.dest) == (kind, source, dest)]


def _filled_mint(call: SwapCall, roles: Roles, side: int, leg: Movement) -> str:
    """A token's mint as everything agrees on it; where an account is missing it has to be wrapped SOL."""
    if call.program.address not in (roles.users[side], roles.vaults[side]):
        return _mint(call, roles, roles.vaults[side], [leg])
    if roles.mints[side] != WRAPPED_SOL:
        raise DecodeError("mint", f"{roles.mints[side]} without a token account")
    return WRAPPED_SOL


def _total(movements: Sequence[Movement]) -> int:
    return movements[0].amount if len(movements) == 1 else sum(movement.amount for movement in movements)


def _vault(vaults: Sequence[str]) -> str:
    if len(vaults) > 1 and len(set(vaults)) > 1:
        raise DecodeError("both_ways", "both vaults on one side")
    return vaults[0]


def _mint(call: SwapCall, roles: Roles, vault: str, legs: Sequence[Movement]) -> str:
    """The one mint that transfers, balances, initialised accounts and the layout agree on."""
    tokens, made = call.tokens, call.tree.movements.accounts
    stated: list[str | None] = [roles.mints[roles.vaults.index(vault)]] if roles.mints else []
    stated.append(tokens[vault].mint if vault in tokens else made.get(vault))
    for leg in legs:
        end = leg.source if leg.dest == vault else leg.dest
        stated += (leg.mint, tokens[end].mint if end in tokens else made.get(end))
    mint: str | None = None
    for one in stated:
        if mint is None:
            mint = one
        elif one is not None and one != mint:
            raise DecodeError("mint", f"{vault}: {mint} and {one}")
    if mint is None:
        raise DecodeError("mint", f"{vault}: unknown")
    return mint
