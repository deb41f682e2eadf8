"""Raydium's swap_router_base_in: as many hops as the accounts hold, each a pool, with tick arrays in between."""

from decoders.engine.errors import DecodeError
from decoders.engine.legs import Roles, SwapCall
from decoders.engine.movements import Kind

#: payer, input account, input mint, two token programs, memo
_FIRST_HOP = 6
#: of a hop: config, pool, user's output account, input vault, output vault, output mint, observation
_POOL, _OUTPUT, _VAULT_IN, _VAULT_OUT, _MINT_OUT, _HOP = 1, 2, 3, 4, 5, 7


def router_base_in(call: SwapCall) -> tuple[Roles, ...]:
    """The hops in order. A later one starts where transfers prove its vaults, because tick arrays vary in number.

    Raises DecodeError when a start is not proven or not unique.
    """
    moved = {(leg.source, leg.dest) for leg in call.movements if leg.kind is Kind.TRANSFER}
    if not moved:
        return (_hop(call, _FIRST_HOP, call.account(1), call.account(2)),)
    paying, mint = call.account(1), call.account(2)
    hops: list[Roles] = []
    start = _FIRST_HOP
    while start + _HOP <= len(call.accounts):
        starts = [at for at in range(start, len(call.accounts) - _HOP + 1) if _proven(call, at, paying, moved)]
        if len(starts) > 1 or (not hops and starts != [_FIRST_HOP]):
            raise DecodeError("ambiguous", f"hop {len(hops)} may start at any of {starts}")
        if not starts:
            break
        hops.append(_hop(call, starts[0], paying, mint))
        paying, mint = call.accounts[starts[0] + _OUTPUT], call.accounts[starts[0] + _MINT_OUT]
        start = starts[0] + _HOP
    return tuple(hops)


def _proven(call: SwapCall, at: int, paying: str, moved: set[tuple[str, str]]) -> bool:
    accounts = call.accounts
    paid = (paying, accounts[at + _VAULT_IN]) in moved
    return paid and (accounts[at + _VAULT_OUT], accounts[at + _OUTPUT]) in moved


def _hop(call: SwapCall, at: int, paying: str, mint: str) -> Roles:
    return Roles(
        pool=call.account(at + _POOL),
        vaults=(call.account(at + _VAULT_IN), call.account(at + _VAULT_OUT)),
        users=(paying, call.account(at + _OUTPUT)),
        mints=(mint, call.account(at + _MINT_OUT)),
    )
