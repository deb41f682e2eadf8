"""Pools of many tokens that trade at a value somebody else states: Jupiter's perpetuals pool, Sanctum Infinity."""

from indexer.localnet.builder_keys import address
from indexer.localnet.builder_market import JITOSOL, MSOL, SOL, USDC, USDT, Mint, Pool
from indexer.localnet.programs.table import Paid, Row, Table


def _one_pool(slug: str, where: str, tvl_usd: float, pairs: tuple[tuple[Mint, Mint], ...]) -> tuple[Pool, ...]:
    """Every pair of one pool; a mint's vault is the same in all of them."""
    return tuple(
        Pool(
            program=slug,
            address=where,
            a=a,
            b=b,
            vault_a=address(where, "vault", a.symbol),
            vault_b=address(where, "vault", b.symbol),
            tvl_usd=tvl_usd,
            fee_basis_points=4,
        )
        for a, b in pairs
    )


_PERPS = Table("jupiter_perps", "PERPHjGBqRHArX4DySjwM6UJHiR3sWAatqfdBS2qQJu")
_PERPS_EVENT = (
    "x286bd41adf8827dc @custody_in @custody_out @pool in gross x0040420f00000000 out x0a00000000000000 @user @user_out"
)
JUPITER_PERPS = _PERPS.venue(
    _one_pool(
        "jupiter_perps",
        "5BUwFW4nRbftYTDMbgxykoFWqWHPzahFSNAaaaJtVKsq",
        9_000_000,
        ((SOL, USDC), (USDC, USDT), (SOL, USDT)),
    ),
    _PERPS.kind(
        "swap2",
        Row(
            accounts="user user_in* user_out* authority perpetuals pool* custody_in* _ _ vault_in* custody_out* _ _ "
            "vault_out* token event_authority program",
            data="x414b3f4ceb5b5b88 in least",
            log="Swap2",
            authority="authority",
            event=_PERPS_EVENT,
            via="call",
        ),
        styles=("plain", "checked"),
    ),
    _PERPS.kind(
        "swap_with_token_ledger",
        Row(
            accounts="user user_in* user_out* authority perpetuals pool* custody_in* _ vault_in* custody_out* _ "
            "vault_out* ledger token instructions event_authority program",
            data="x8b8deec529d3ac13 least",
            log="SwapWithTokenLedger",
            authority="authority",
            event=_PERPS_EVENT,
            via="call",
        ),
        styles=("plain", "checked"),
    ),
)

_INFINITY = Table("sanctum_infinity", "5ocnV1qiCgaQR8Jb8xWnVbApfaygJ8tNoZfgPwsgx9kx")
_INFINITY_DATA = "x0505 x02000000 x07000000 limit amount"
_CALCULATORS = ("calculator_in", "calculator_out", "pricing")


def _infinity(tag: str, *, fee: bool) -> Row:
    charged = "fee_account* " if fee else ""
    return Row(
        accounts=f"user mint_in mint_out user_in* user_out* {charged}program_in program_out pool* list* vault_in* "
        f"vault_out* {' '.join(_CALCULATORS)} _ _",
        data=f"{tag} {_INFINITY_DATA}",
        first=_CALCULATORS,
        fees=(Paid(to="fee_account", basis_points=1, of="out"),) if fee else (),
    )


SANCTUM_INFINITY = _INFINITY.venue(
    _one_pool(
        "sanctum_infinity",
        "AYhux5gJzCoeoc1PoJ1VxwPDe22RwcvpHviLDD1oCGvW",
        3_000_000,
        ((JITOSOL, SOL), (MSOL, SOL), (JITOSOL, MSOL)),
    ),
    _INFINITY.kind("swap_exact_in", _infinity("x01", fee=True)),
    _INFINITY.kind("swap_exact_out", _infinity("x02", fee=True), exact="out"),
    _INFINITY.kind("swap_exact_in_v2", _infinity("x17", fee=False)),
    _INFINITY.kind("swap_exact_out_v2", _infinity("x18", fee=False), exact="out"),
)

VENUES = (JUPITER_PERPS, SANCTUM_INFINITY)
