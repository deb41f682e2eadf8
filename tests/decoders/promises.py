"""What holds of every answer of the decoders, whatever was done to the transaction."""

from collections.abc import Collection, Iterable

from decoders.engine.amounts import WRAPPED_SOL
from decoders.engine.errors import REASONS
from decoders.engine.model import Decoded, Swap, Transaction
from decoders.engine.registry import Registry

Core = tuple[object, ...]
#: kinds of programs that take and give lamports without wrapping them
_NATIVE = {"bonding_curve", "rfq", "conversion"}


def core(swap: Swap) -> Core:
    """What a swap says; who the pool and the user are, no transfer can prove, nor who kept lamports as SOL."""
    vault_in = None if swap.mint_in == WRAPPED_SOL and swap.kind in _NATIVE else swap.vault_in
    vault_out = None if swap.mint_out == WRAPPED_SOL and swap.kind in _NATIVE else swap.vault_out
    return (
        swap.program, swap.leg, swap.mint_in, swap.mint_out, swap.amount_in, swap.amount_out, vault_in, vault_out,
    )  # fmt: skip


def cores(swaps: Iterable[Swap]) -> frozenset[Core]:
    """The swaps of a transaction, wherever they stand in it."""
    return frozenset(map(core, swaps))


def check_sums(registry: Registry, transaction: Transaction, decoded: Decoded) -> None:
    """Every instruction of ours is in at most one place, and every reason is of the closed set."""
    listed = sum(one.program in registry.venues for one in transaction.trace)
    swapped = {swap.idx for swap in decoded.swaps}
    dead = [letter.idx for letter in decoded.dead]
    assert len(set(dead)) == len(dead)
    assert not swapped & set(dead)
    assert len(swapped) + len(dead) + len(decoded.idle) + len(decoded.unknown) <= listed
    assert {letter.reason for letter in decoded.dead} <= set(REASONS) - {"internal"}, decoded.dead
    assert {check.idx for check in decoded.checks} <= swapped


def unsaid(before: Collection[Core], decoded: Decoded) -> list[Swap]:
    """Swaps that the unbroken transaction does not hold and that no witness doubts: there must be none."""
    doubted = {check.idx for check in decoded.checks if check.result == "differ"}
    return [swap for swap in decoded.swaps if core(swap) not in before and swap.idx not in doubted]
