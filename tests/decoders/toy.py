"""A program for the engine's tests: one pool, two vaults, a router above it."""

from decoders.engine.families import EXACT_IN
from decoders.engine.model import Decoded, Transaction
from decoders.engine.registry import Registry
from decoders.engine.spec import Leg, Program, Router, SwapIx
from tests.decoders.scene import Scene, address, u64

VENUE, OTHER, ROUTER, BOT, STRANGER = (address(name) for name in ("venue", "other", "router", "bot", "stranger"))
POOL, VAULT_A, VAULT_B, USER_A, USER_B, USER = (address(name) for name in ("pool", "va", "vb", "ua", "ub", "user"))
VAULT_C, USER_C, MINT_A, MINT_B, MINT_C = (address(name) for name in ("vc", "uc", "ma", "mb", "mc"))
OWNER = address("owner")
ACCOUNTS = [POOL, VAULT_A, VAULT_B, USER_A, USER_B, USER, address("fees")]


def venue(name: str, where: str, *, kind: str = "amm") -> Program:
    """A venue at an address with a swap, and with an instruction that swaps twice."""
    return Program(
        name=name,
        address=where,
        kind=kind,
        swaps=(
            SwapIx(
                "swap", tag=b"\x01", accounts=6, pool=0, vaults=(1, 2), users=(3, 4), user=5, args=EXACT_IN,
                pays=(("protocol", 6),),
            ),
            SwapIx(
                "swap_twice", tag=b"\x02", accounts=8, user=7,
                legs=(Leg(pool=0, vaults=(1, 2), users=(3, 4)), Leg(pool=0, vaults=(2, 5), users=(4, 6))),
            ),
        ),
        others=(b"\x09",),
    )  # fmt: skip


REGISTRY = Registry(
    (venue("venue", VENUE), venue("other", OTHER, kind="prop_amm")), (Router("router", ROUTER), Router("bot", BOT))
)


def swap_data(amount_in: int, minimum_out: int = 0) -> bytes:
    """Tag and arguments of ``swap``."""
    return b"\x01" + u64(amount_in, minimum_out)


def stage() -> Scene:
    """A scene with the pool's and the user's token accounts."""
    scene = Scene()
    for account, mint in ((VAULT_A, MINT_A), (USER_A, MINT_A), (VAULT_B, MINT_B), (USER_B, MINT_B)):
        scene.hold(account, mint)
    for account in (VAULT_C, USER_C):
        scene.hold(account, MINT_C)
    return scene


def called(amount_in: int = 100) -> Scene:
    """A stage on which the swap instruction has just been called."""
    scene = stage()
    scene.call(VENUE, ACCOUNTS, swap_data(amount_in))
    return scene


def decode(scene: Scene | Transaction) -> Decoded:
    """What the engine says."""
    return REGISTRY.decode(scene if isinstance(scene, Transaction) else scene.transaction())


def differing(decoded: Decoded) -> list[str]:
    """The witnesses that disagree."""
    return [check.check for check in decoded.checks if check.result == "differ"]
