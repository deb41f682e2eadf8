"""Fees add up: what a trade cost beyond its price is in one of them once, paid beside the leg or kept in the pool."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from decoders.engine.amounts import WRAPPED_SOL
from decoders.engine.call import EVENT_CALL, Tree
from decoders.engine.model import Swap, Transaction
from decoders.engine.movements import LAMPORTS, Movement
from decoders.engine.spec import anchor_event
from indexer.localnet.builder import build
from indexer.localnet.programs import VENUES
from tests.decoders.recorded import REGISTRY, Corpus, load
from tests.decoders.test_goldens import SLOT, TIME, parsed

SEEDS = 6
KINDS = [(slug, kind.name) for slug, venue in VENUES.items() for kind in venue.kinds]
#: (program, instruction) whose payments beside the leg are no fees of the list → why
UNLISTED = {
    ("archer", "swap_tag_0f"): "its third account gets a fee or is the user's own: nothing says which",
    ("pump_fun", "buy"): "its event of 2024 states no fees, and lamports alone do not say what they are for",
}
#: a referrer may be the account that the deposit is for, and is then one receiver with it
UNLISTED |= {
    (program, f"deposit_sol{suffix}"): "its referrer may be the account that gets the tokens"
    for program in ("spl_stake_pool", "sanctum_multi_stake_pool", "sanctum_spl_stake_pool")
    for suffix in ("", "_with_slippage")
}
#: layouts of pump.fun whose event tells no fees, whose buyer pays rent as well, whose trade goes on behind its event
SOLD = anchor_event("SellEvent")
NOT_ALONE = {"12 old", "v3 grown", "v3 completing"}


def below(transaction: Transaction, swap: Swap) -> list[Movement]:
    """What moved in the swap's instruction."""
    tree = Tree(transaction, REGISTRY.addresses)
    call = transaction.trace[swap.idx]
    return [one for one in tree.below(call, tree.end(call)) if one.amount]


def payers(swap: Swap, moved: list[Movement]) -> set[str | None]:
    """The pool's vaults, and what the trader paid from."""
    return {swap.user, swap.vault_in, swap.vault_out} | {one.source for one in moved if one.dest == swap.vault_in}


def beside(transaction: Transaction, swap: Swap) -> Counter[int]:
    """Payments of trader and pool to others, in the tokens of the trade."""
    moved = below(transaction, swap)
    own = payers(swap, moved)
    native = WRAPPED_SOL in (swap.mint_in, swap.mint_out)
    paid = Counter(
        one.amount
        for one in moved
        if one.source in own and one.dest not in own and (native or one.kind is not LAMPORTS)
    )
    return paid - Counter([swap.amount_out])


def listed(swap: Swap) -> Counter[int]:
    return Counter(fee.amount for fee in swap.fees)


def made(program: str, instruction: str, variant: str | None = None) -> Iterator[tuple[Transaction, Swap]]:
    for seed in range(SEEDS):
        built = build(program=program, instruction=instruction, variant=variant, seed=seed, slot=SLOT, block_time=TIME)
        transaction = parsed(built.result(SLOT, TIME))
        yield from ((transaction, swap) for swap in REGISTRY.decode(transaction).swaps)


@pytest.mark.parametrize(("program", "instruction"), KINDS)
def test_each_payment_beside_a_leg_is_a_fee_once(program: str, instruction: str) -> None:
    found = list(made(program, instruction))
    if (program, instruction) in UNLISTED:
        found = [(transaction, swap) for transaction, swap in found if swap.fees]
    for transaction, swap in found:
        assert beside(transaction, swap) - listed(swap) == Counter(), swap


@pytest.mark.corpus
def test_each_payment_beside_a_recorded_leg_is_a_fee_once(corpus: Path) -> None:
    known: Counter[str] = Counter()
    for transaction, swap in recorded(load(corpus)):
        assert beside(transaction, swap) - listed(swap) == Counter(), (transaction.signature, swap)
        known[swap.program] += 1
    assert known.total() > 200
    assert len(known) >= 9


def recorded(corpus: Corpus) -> Iterator[tuple[Transaction, Swap]]:
    """Every recorded swap with fees."""
    return ((one.transaction, swap) for one in corpus.recorded for swap in one.decoded.swaps if swap.fees)


PUMP = [
    (slug, kind.name, variant)
    for slug in ("pump_fun", "pumpswap")
    for kind in VENUES[slug].kinds
    for variant in sorted(set(kind.variants))
    if variant not in NOT_ALONE
]


@pytest.mark.parametrize(("program", "instruction", "variant"), PUMP)
def test_fees_are_what_a_trade_costs_beyond_its_price(program: str, instruction: str, variant: str) -> None:
    told = 0
    for transaction, swap in made(program, instruction, variant):
        spent = cost(transaction, swap)
        assert spent in (None, sum(fee.amount for fee in swap.fees)), swap
        told += spent is not None
    assert told > 0


@pytest.mark.corpus
def test_fees_are_what_a_recorded_trade_cost_beyond_its_price(corpus: Path) -> None:
    """Two of them pay a buyback, which the event states in the protocol's fee too."""
    kinds: Counter[str] = Counter()
    for transaction, swap in recorded(load(corpus)):
        if swap.program in {"pump_fun", "pumpswap"}:
            assert cost(transaction, swap) == sum(fee.amount for fee in swap.fees), (transaction.signature, swap)
            kinds.update(fee.kind for fee in swap.fees)
    assert kinds["protocol"] >= 100
    assert kinds["buyback"] == 2


@pytest.mark.corpus
def test_fees_that_stay_in_a_recorded_pool_are_one_rate_together(corpus: Path) -> None:
    """A rate is hundreds of a millionth; what the protocol takes of it is none: so neither fee is in the other."""
    rates: Counter[int] = Counter()
    for _, swap in recorded(load(corpus)):
        if swap.program in {"orca_whirlpool", "meteora_dbc"} and len(swap.fees) > 1:
            total = sum(fee.amount for fee in swap.fees)
            amount = swap.amount_in if swap.fees[0].mint == swap.mint_in else swap.amount_out
            rate = round(total * 10_000 / amount) * 100
            assert abs(total - amount * rate / 1_000_000) <= 1 + total / 500, swap
            rates[rate] += 1
    assert rates.total() >= 15
    assert 0 not in rates


def own_event(transaction: Transaction, swap: Swap) -> bytes:
    """The first event that the program emitted in the swap's instruction."""
    call = transaction.trace[swap.idx]
    inner = transaction.trace[swap.idx + 1 : Tree(transaction, REGISTRY.addresses).end(call)]
    return next(one.data[8:] for one in inner if one.program == swap.program_id and one.data.startswith(EVENT_CALL))


def number(event: bytes, offset: int) -> int:
    """The number so far behind the event's tag."""
    return int.from_bytes(event[8 + offset : 16 + offset], "little")


def cost(transaction: Transaction, swap: Swap) -> int | None:
    """What the trader of pump.fun or PumpSwap paid or did not get beyond the price, which the event states.

    None for curves against a token.
    """
    event, moved = own_event(transaction, swap), below(transaction, swap)
    if swap.program == "pumpswap":
        quote = number(event, 7 * 8)
        if event.startswith(SOLD):
            return quote - swap.amount_out
        return sum(one.amount for one in moved if one.source in payers(swap, moved) - {swap.vault_out}) - quote
    lamports = number(event, 32)
    if not lamports:
        return None
    if swap.mint_in == WRAPPED_SOL:
        return sum(one.amount for one in moved if one.source == swap.user and one.kind is LAMPORTS) - lamports
    gained = {name: after - before for name, (before, after) in transaction.lamports.items()}
    others = {name for name in transaction.trace[swap.idx].accounts if gained.get(name, 0) > 0} - {swap.user}
    return lamports + gained[swap.pool] + sum(gained[name] for name in others)
