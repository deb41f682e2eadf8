"""Which account is the pool: programs with one account per token, and calls that choose among several pools."""

from decoders import flint, quay, woofi
from decoders.engine.model import Decoded
from decoders.engine.registry import Registry
from tests.decoders.scene import Scene, address, u64

REGISTRY = Registry((flint.PROGRAM, quay.PROGRAM, woofi.PROGRAM))
PAID, RECEIVED = 700, 900


def hub(names: str, *, order: tuple[str, str]) -> Decoded:
    """A swap of Flint between the markets in that order; ``names`` are the tokens."""
    scene = Scene()
    one, other = order
    vaults = {token: scene.hold(address(f"{token} vault"), address(token)) for token in names.split()}
    users = {token: scene.hold(address(f"{token} user"), address(token)) for token in names.split()}
    markets = [address(f"{token} market") for token in order]
    accounts = [address("user"), address("sysvar"), *markets, users[one], vaults[one], users[other], vaults[other]]
    scene.call(flint.PROGRAM.address, [*accounts, *map(address, "xyz")], b"\x06" + u64(PAID) + b"\0")
    scene.transfer(users[one], vaults[one], PAID)
    scene.transfer(vaults[other], users[other], RECEIVED)
    return REGISTRY.decode(scene.transaction())


def test_both_directions_of_a_pair_have_one_pool() -> None:
    there, back = (hub("usd eur", order=order).swaps for order in (("usd", "eur"), ("eur", "usd")))
    assert there[0].mint_in == back[0].mint_out == address("usd")
    assert there[0].pool == back[0].pool in {address("usd market"), address("eur market")}
    assert there[0].reserve_in is None


def through_quote(*, sell: bool, base_to_base: bool = False) -> Decoded:
    """A swap of WOOFi; the quote's own accounts stand behind those of the two tokens."""
    scene = Scene()
    tokens = ["sol", "eth"] if base_to_base else ["sol", "usdc"]
    accounts = {}
    for token in (*tokens, "usdc"):
        accounts[token] = [
            address(f"{token} oracle"), address(f"{token} pool"), scene.hold(address(f"{token} user"), address(token)),
            scene.hold(address(f"{token} vault"), address(token)), address(f"{token} price"),
        ]  # fmt: skip
    first, second = tokens if sell else tokens[::-1]
    quote = [address("usdc pool"), address("usdc price"), address("usdc vault")]
    head = [address("config"), address("token"), address("user")]
    data = woofi.PROGRAM.swaps[0].tag + u64(PAID, 0, 1, 0)
    scene.call(woofi.PROGRAM.address, [*head, *accounts[first], *accounts[second], *quote, address("rebate")], data)
    scene.transfer(accounts[first][2], accounts[first][3], PAID)
    scene.transfer(accounts[second][3], accounts[second][2], RECEIVED)
    return REGISTRY.decode(scene.transaction())


def test_the_account_of_the_common_quote_is_never_the_pool() -> None:
    assert [through_quote(sell=sell).swaps[0].pool for sell in (True, False)] == [address("sol pool")] * 2
    both = {through_quote(sell=sell, base_to_base=True).swaps[0].pool for sell in (True, False)}
    assert len(both) == 1
    assert both < {address("sol pool"), address("eth pool")}


def offered(*, taken: int, makers: str = "abcde") -> Decoded:
    """A call that offers five strategies, one of each maker, and trades with the one at ``taken``."""
    scene = Scene()
    base, quote = address("base"), address("quote")
    users = [scene.hold(address("user base"), base), scene.hold(address("user quote"), quote)]
    bases = [scene.hold(address(f"{maker} base"), base) for maker in makers]
    quotes = [scene.hold(address(f"{maker} quote"), quote) for maker in makers]
    strategies = [address(f"strategy {number}") for number in range(len(makers))]
    accounts = [address("config"), address("user"), *users, base, quote, *strategies]
    accounts += [address(f"{what} {maker}") for what in ("maker", "quotes") for maker in makers]
    scene.call(
        quay.PROGRAM.address,
        [*accounts, *bases, *quotes, address("sysvar"), address("token")],
        b"\x21" + u64(PAID, 1) + b"\1",
    )
    scene.transfer(users[1], quotes[taken], PAID)
    scene.transfer(bases[taken], users[0], RECEIVED)
    return REGISTRY.decode(scene.transaction())


def test_the_pool_is_the_candidate_whose_vaults_moved() -> None:
    for taken in range(5):
        decoded = offered(taken=taken)
        (swap,) = decoded.swaps
        assert swap.pool == address(f"strategy {taken}")
        assert (swap.amount_in, swap.amount_out, swap.mint_in) == (PAID, RECEIVED, address("quote"))
        assert swap.vault_in == address(f"{'abcde'[taken]} quote")
        assert {check.result for check in decoded.checks} == {"agree"}


def test_candidates_with_the_same_vaults_cannot_be_told_apart() -> None:
    assert [letter.reason for letter in offered(taken=1, makers="aabcd").dead] == ["ambiguous"]
    assert len(offered(taken=2, makers="aabcd").swaps) == 1
