"""Amounts of conversions: lamports against a minted token, and tokens whose other end no account list names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from decoders.engine.amounts import WRAPPED_SOL
from decoders.engine.checks import token_delta
from decoders.engine.errors import DecodeError
from decoders.engine.legs import Roles, Settled, SwapCall
from decoders.engine.model import Instruction
from decoders.engine.movements import Kind, Movement

_STAKE: Final = "Stake11111111111111111111111111111111111111"
_WITHDRAW = Struct("<IQ")
_WITHDRAW_TAG, _WITHDRAW_ACCOUNTS = 4, 2


@dataclass(frozen=True, slots=True)
class Lamports:
    """SOL as lamports between a wallet and stores, against the one mint of the leg.

    ``wallet`` and ``stores`` are positions; a store may be a stake account, out of which the stake program pays. The
    leg's vaults are what the token comes from or goes to: token accounts, or its mint where it is minted and burned.
    """

    wallet: int
    stores: tuple[int, ...]

    def __call__(self, call: SwapCall, roles: Roles) -> Settled | None:
        """The leg; None when neither side moved. Raises DecodeError when only one did, or both did both ways."""
        wallet, stores = call.account(self.wallet), tuple(map(call.account, self.stores))
        lamports = list(_lamports(call))
        sent = [(dest, amount) for source, dest, amount in lamports if source == wallet and dest in stores and amount]
        got = [(source, amount) for source, dest, amount in lamports if source in stores and dest == wallet and amount]
        paid = [one for one in _tokens(call) if one.source in roles.users and one.dest in roles.vaults]
        received = [one for one in _tokens(call) if one.source in roles.vaults and one.dest in roles.users]
        if not (sent or got or paid or received):
            _refuse_others(call)
            return None
        _refuse_strangers(call, roles)
        for side in (paid, received):
            if len({(one.source, one.dest) for one in side}) != len(side):
                raise DecodeError("ambiguous", "two payments between the same accounts")
        if call.flat and max(len(sent), len(got), len(paid), len(received)) > 1:
            raise DecodeError("ambiguous", "several payments on one side, and no stack heights")
        mint = _agreed(call, roles.mints[0], (*paid, *received))
        if sent and received and not got and not paid:
            amount_in = sum(amount for _, amount in sent)
            amount_out = sum(one.amount for one in received)
            store, vault = _one([to for to, _ in sent]), _one([one.source for one in received])
            return Settled(WRAPPED_SOL, mint, amount_in, amount_out, store, vault, received=received)
        if paid and got and not sent and not received:
            amount_in = sum(one.amount for one in paid)
            amount_out = sum(amount for _, amount in got)
            vault, store = _one([one.dest for one in paid]), _one([of for of, _ in got])
            return Settled(mint, WRAPPED_SOL, amount_in, amount_out, vault, store, paid=paid)
        raise DecodeError("one_sided", "not lamports one way and tokens the other")


def with_anyone(call: SwapCall, roles: Roles) -> Settled | None:
    """What leaves one of the user's token accounts and what reaches the other, whoever stands at the far end.

    For programs that mint, burn or move tokens of vaults whose place in the list is not known: such a vault stays
    unnamed. ``mints`` belong to ``users``. None when nothing moved. Raises DecodeError unless each side has one far
    end.
    """
    users = roles.users
    paid = [one for one in _tokens(call) if one.source in users and one.dest not in users]
    received = [one for one in _tokens(call) if one.dest in users and one.source not in users]
    if not paid and not received:
        _refuse_others(call)
        return None
    if not paid or not received:
        raise DecodeError("one_sided", "nothing " + ("received" if paid else "paid"))
    for side in ({(one.source, one.dest) for one in paid}, {(one.source, one.dest) for one in received}):
        if len(side) != 1:
            raise DecodeError("ambiguous", f"{len(side)} pairs of accounts on one side")
    if call.flat and (len(paid) > 1 or len(received) > 1):
        raise DecodeError("ambiguous", "several transfers on one side, and no stack heights")
    mint_in = _agreed(call, roles.mints[users.index(paid[0].source)], paid)
    mint_out = _agreed(call, roles.mints[users.index(received[0].dest)], received)
    if mint_in == mint_out:
        raise DecodeError("mint", f"{mint_in} on both sides")
    _refuse_unmoved(call, (*paid, *received))
    return Settled(
        mint_in=mint_in,
        mint_out=mint_out,
        amount_in=sum(one.amount for one in paid),
        amount_out=sum(one.amount for one in received),
        vault_in=paid[0].dest if paid[0].kind is Kind.BURN else None,
        vault_out=received[0].source if received[0].kind is Kind.MINT else None,
        paid=paid,
        received=received,
    )


def _tokens(call: SwapCall) -> Iterator[Movement]:
    return (one for one in call.movements if one.kind is not Kind.LAMPORTS and one.amount)


def _lamports(call: SwapCall) -> Iterator[tuple[str, str, int]]:
    """Source, destination and amount of every lamport payment: the system program's and the stake program's."""
    for one in call.movements:
        if one.kind is Kind.LAMPORTS:
            yield one.source, one.dest, one.amount
    for position in range(call.instruction.position + 1, call.end):
        inner = call.tree.trace[position]
        if inner.program == _STAKE:
            yield from _withdrawn(inner)


def _withdrawn(inner: Instruction) -> Iterator[tuple[str, str, int]]:
    try:
        data = inner.data
    except ValueError as error:
        raise DecodeError("token_instruction", str(error)) from error
    if len(data) >= _WITHDRAW.size and len(inner.accounts) >= _WITHDRAW_ACCOUNTS:
        tag, amount = _WITHDRAW.unpack_from(data)
        if tag == _WITHDRAW_TAG:
            yield inner.accounts[0], inner.accounts[1], amount


def _agreed(call: SwapCall, mint: str, legs: Sequence[Movement]) -> str:
    """The mint the layout names, when every movement and balance that names one agrees."""
    tokens, made = call.tokens, call.tree.movements.accounts
    named = False
    for one in legs:
        rows = (tokens.get(account) for account in (one.source, one.dest))
        stated = {row.mint for row in rows if row is not None}
        stated |= {made[account] for account in (one.source, one.dest) if account in made and account not in tokens}
        if one.mint is not None:
            stated.add(one.mint)
        if stated - {mint}:
            raise DecodeError("mint", f"{mint} and {sorted(stated - {mint})}")
        named = named or bool(stated)
    if legs and not named:
        raise DecodeError("mint", "no balance and no transfer names it")
    return mint


def _refuse_others(call: SwapCall) -> None:
    others = sum(1 for _ in _tokens(call))
    if others:
        raise DecodeError("transfers", f"{others} transfers, none of the accounts the layout names")


def _refuse_unmoved(call: SwapCall, legs: Sequence[Movement]) -> None:
    """The vault that nobody names is among the accounts, and no balance changes there that nothing moved."""
    for one in legs:
        if not {one.source, one.dest} <= {*call.accounts}:
            raise DecodeError("transfers", f"{one.source} and {one.dest} are not both the instruction's")
    moved = call.tree.flows.net
    for account in call.accounts:
        if token_delta(call, account) and account not in moved:
            raise DecodeError("transfers", f"{account}: its balance changed and nothing moved it")


def _refuse_strangers(call: SwapCall, roles: Roles) -> None:
    """What a vault gives or gets has both ends among the instruction's accounts: fees too, they are listed as well."""
    for one in _tokens(call):
        ends = {one.source, one.dest}
        if ends & {*roles.vaults} and not ends <= {*call.accounts}:
            raise DecodeError("accounts", f"{one.source} and {one.dest} are not both the instruction's")


def _one(accounts: Sequence[str]) -> str | None:
    """The account on the far side, where it is one."""
    return accounts[0] if len(set(accounts)) == 1 else None
