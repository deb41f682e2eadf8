"""Launchpads: curves that move lamports of their own and say the amount in an event, and pools of tokens."""

from typing import Any, Literal

from indexer.localnet.builder_market import (
    BAGHOLDER,
    BONKZILLA,
    GIGABRAIN,
    HODLORD,
    MOONCAT,
    PEPEFROG,
    REWARD,
    SOL,
    STUDIO,
    USDC,
    USELESSCAT,
    VIRTUAL,
    Mint,
    Pool,
    pool,
    share,
)
from indexer.localnet.programs.table import Paid, Row, Table, share_pools
from indexer.localnet.programs.venue import Kind, Venue

BUY, SELL = "x66063d1201daebea", "x33e685a4017f83ad"
_BUY_EVENT, _SELL_EVENT = "x67f4521f2cf57777", "x3e2f370aa503dc2a"
_NATIVE: dict[str, Any] = {"native": True, "told_by_log": True}


def _curve(slug: str, coin: Mint, tvl_usd: float, *, purse: bool = False) -> Pool:
    """A curve that holds lamports itself, or in a ``purse`` beside it."""
    plain = pool(slug, coin, SOL, tvl_usd, 0)
    return Pool(
        program=slug,
        address=plain.address,
        a=coin,
        b=SOL,
        vault_a=plain.vault_a,
        vault_b=plain.vault_b if purse else plain.address,
        tvl_usd=tvl_usd,
        fee_basis_points=0,
    )


# Boop: lamports in a purse, the fee becomes wrapped SOL; the event's SOL is without the fee
_BOOP = Table("boop", "boop8hVGQGqehUK2iVEMEnMrL5RbjywRzHKBmBE7ry4")
_BOOP_FEE = (Paid(to="fee_vault", basis_points=100, of="b", wrapped=True, first=True),)
BOOP = _BOOP.venue(
    (_curve("boop", MOONCAT, 30_000, purse=True), _curve("boop", PEPEFROG, 21_000, purse=True)),
    _BOOP.kind(
        "buy_token",
        Row(
            accounts="mint_a pool* fee_vault* vault_a* vault_b* user_a* user* config authority wsol system token "
            "associated",
            data="x8a7f0e5b26577369 in_and_fee least",
            log="BuyToken",
            authority="authority",
            fees=_BOOP_FEE,
            event="x4759de7cd7c0e68a @mint_a in out fee @user @user",
        ),
        side="buy",
        **_NATIVE,
    ),
    _BOOP.kind(
        "sell_token",
        Row(
            accounts="mint_a pool* fee_vault* vault_a* vault_b* user_a* user* user* config system token associated",
            data="x6d3d28bbe6b087ae in least",
            log="SellToken",
            authority="pool",
            fees=_BOOP_FEE,
            event="xccefb64df1334d42 @mint_a in out fee @user @user",
        ),
        side="sell",
        **_NATIVE,
    ),
)

# Moonit: the curve holds the lamports, two fees beside
_MOONIT = Table("moonit", "MoonCVVNZFSYkqNXP6bxHLPL6QQJiMagDL3qcqUQTrG")
_MOONIT_END = "user_a* pool* vault_a* dex* helio* mint_a config token associated system"
_MOONIT_FEES = (Paid(to="dex", basis_points=50, of="b"), Paid(to="helio", basis_points=50, of="b"))
_MOONIT_EVENT = "xbddb7fd34ee661ee a b fee_1 fee_2 x0000000000000000 @pool @wsol @user sells x0000000000"


def _moonit(tag: str, log: str, start: str, amounts: str) -> Row:
    return Row(
        accounts=f"{start} {_MOONIT_END}",
        data=f"{tag} {amounts} x00 x6400000000000000",
        log=log,
        fees=_MOONIT_FEES,
        output_first=True,
        event=_MOONIT_EVENT,
    )


MOONIT = _MOONIT.venue(
    (_curve("moonit", BAGHOLDER, 26_000), _curve("moonit", USELESSCAT, 14_000)),
    _MOONIT.kind("buy", _moonit(BUY, "Buy", "user*", "least in"), side="buy", **_NATIVE),
    _MOONIT.kind("sell", _moonit(SELL, "Sell", "user*", "in least"), side="sell", **_NATIVE),
    _MOONIT.kind(
        "buy_with_be_authority",
        _moonit("x4f4dabed9d31ebc6", "BuyWithBeAuthority", "user* backend", "least in"),
        side="buy",
        **_NATIVE,
    ),
)

# Heaven: a pool of tokens with a transfer fee; a text of the user's own ends the arguments
_HEAVEN = Table("heaven", "HEAVENoP2qxoeuF8Dj2oT1GHEnu49U5mJYkdeC8BAX2o")
_NOTHING = "x0000000000000000"


def _heaven(tag: str, log: str, *, text: bool) -> Row:
    buying = log.endswith("Buy")
    sides = f"{_NOTHING} out in {_NOTHING}" if buying else f"in {_NOTHING} {_NOTHING} out"
    return Row(
        accounts="program_a program_b associated system pool* user mint_a mint_b user_a* user_b* vault_a* vault_b* "
        "config* instructions",
        data=f"{tag} in least" + (" x00000000" if text else ""),
        log=log,
        event=f"xbddb7fd34ee661ee held_a held_b {_NOTHING} {_NOTHING} x0000000000006540 {sides}",
    )


HEAVEN = _HEAVEN.venue(
    (pool("heaven", REWARD, SOL, 60_000, 100), pool("heaven", HODLORD, SOL, 18_000, 100)),
    _HEAVEN.kind("buy", _heaven(BUY, "Buy", text=True), side="buy", token_2022=True),
    _HEAVEN.kind("sell", _heaven(SELL, "Sell", text=True), side="sell", token_2022=True),
    _HEAVEN.kind("pro_buy", _heaven("x67abc4ee9f2dbbf6", "ProBuy", text=False), side="buy", token_2022=True),
    _HEAVEN.kind("pro_sell", _heaven("x8c4f7a601689ee7c", "ProSell", text=False), side="sell", token_2022=True),
)


# Vertigo and its relatives: side A pays for buys, their events have the tags of PumpSwap's
def _vertigo(table: Table, coin: Mint, accounts: str, *, fee_from: str = "", via: Any = "log") -> Venue:
    fees = (Paid(to=fee_from, basis_points=30, of="a"),) if fee_from else ()

    def row(tag: str, log: str, event: str, data: str) -> Row:
        said = f"{event} @pool @user a b held_a:16 held_b:16 " + ("fee" if fees else _NOTHING)
        return Row(accounts=accounts, data=f"{tag} {data}", log=log, fees=fees, event=said, via=via)

    return table.venue(
        (pool(table.slug, SOL, coin, 24_000, 30), pool(table.slug, USDC, coin, 17_000, 30)),
        table.kind("buy", row(BUY, "Buy", _BUY_EVENT, "in_and_fee least"), side="sell", token_2022=True),
        table.kind("sell", row(SELL, "Sell", _SELL_EVENT, "in least"), side="buy", token_2022=True),
    )


VERTIGO = _vertigo(
    Table("vertigo", "vrTGoBuy5rYSxAfV3jaRJWHH6nN9WK4NRExGxsk1bCJ"),
    STUDIO,
    "pool* user owner mint_a mint_b user_a* user_b* vault_a* vault_b* program_a program_b system program",
    via="call",
)
SCALE_AMM = _vertigo(
    Table("scale_amm", "SCALEwAvEK5gtkdHiFzXfPgtk2YwJxPDzaV3aDmR7tA"),
    USELESSCAT,
    "pool* user* owner mint_a mint_b user_a* user_b* vault_a* vault_b* platform* program_a program_b system config",
    fee_from="platform",
)
SCALE_VMM = _vertigo(
    Table("scale_vmm", "SCALEWoRSpVZpMRqHEcDfNvBh3nUSe34jDr9r689gLa"),
    BAGHOLDER,
    "pool* user* mint_a mint_b user_a* user_b* vault_a* vault_b* platform* program_a program_b system config "
    "amm_program amm_pool* amm_vault_a* amm_vault_b* amm_config",
    fee_from="platform",
)

_RUNNER = Table("runner_rodeo", "runnrXXdsSRkdueCRYxKDvSWfv6nAnrG5dcM29qj1HA")
RUNNER_RODEO = _RUNNER.venue(
    (pool("runner_rodeo", MOONCAT, SOL, 19_000, 100), pool("runner_rodeo", GIGABRAIN, SOL, 8_000, 100)),
    _RUNNER.kind(
        "swap",
        Row(
            accounts="pool* user _ _ user_a* user_b* vault_a* vault_b* _ _ _ _ _ _ _ _ _ _",
            data="xf8c69e91e17587c8 in least",
            log="Swap",
        ),
        token_2022=True,
    ),
)

# Trends: fees stay in the pool, except a referral's
_TRENDS = Table("trends", "CURVEmPpijXDTNdqrA9PGP1io2rkgiVXH26xdXVGLLfz")


def _trends(referral: str, fees: tuple[Paid, ...] = ()) -> Row:
    costs = f"{_NOTHING} {_NOTHING} " + ("fee" if fees else _NOTHING)
    return Row(
        accounts="config pool* authority user_in* user_out* mint_a mint_b vault_a* vault_b* user program_a program_b "
        f"{referral} event_authority program",
        data="xf8c69e91e17587c8 in least",
        log="Swap",
        authority="authority",
        fees=fees,
        event=f"x40c6cde8260871e2 @pool @mint_a @user sells in in least out {costs} held_a held_b held_a held_b",
        via="call",
    )


TRENDS = _TRENDS.venue(
    (pool("trends", PEPEFROG, SOL, 16_000, 100), pool("trends", STUDIO, USDC, 11_000, 100)),
    _TRENDS.kind(
        "swap",
        {
            "": _trends("program"),
            "referral": _trends("referral*", (Paid(to="referral", basis_points=10),)),
        },
    ),
)

# Virtuals: the quote is VIRTUAL, a hundredth of it goes to the platform
_VIRTUALS = Table("virtuals", "5U3EU2ubXtK84QcRjWVmYt9RaDyA8gKxdUrPFXmZyaki")


def _virtuals(tag: str, log: str, data: str, event: str) -> Row:
    return Row(
        accounts="user pool* mint_a user_b* user_a* vault_a* platform* fees* vault_b* token",
        data=f"{tag} {data}",
        log=log,
        fees=(Paid(to="fees", basis_points=100, of="b"),),
        event=f"{event} a b",
    )


VIRTUALS = _VIRTUALS.venue(
    (pool("virtuals", BONKZILLA, VIRTUAL, 14_000, 0), pool("virtuals", GIGABRAIN, VIRTUAL, 7_000, 0)),
    _VIRTUALS.kind("buy", _virtuals(BUY, "Buy", "out most_and_fee", _BUY_EVENT), side="buy", exact="out"),
    _VIRTUALS.kind("sell", _virtuals(SELL, "Sell", "in least", _SELL_EVENT), side="sell"),
)

# Wavebreak: the curve mints what it sells and burns what it buys
_WAVEBREAK = Table("wavebreak", "waveQX2yP3H1pVU8djGvEHmYg8uamQ84AuyGtpsrXTF")
_WAVE = share("WAVE", BAGHOLDER)


def _wave(name: str, tag: str) -> Kind:
    row = Row(
        accounts="user pool* mint_a* user_a* mint_b vault_b* user_b* system associated program_a program_b",
        data=f"{tag} amount x0000",
    )
    side: Literal["buy", "sell"] = "buy" if "buy" in name else "sell"
    return _WAVEBREAK.kind(name, row, side=side, exact="out" if name.endswith("out") else "in")


WAVEBREAK = _WAVEBREAK.venue(
    share_pools("wavebreak", (_WAVE, SOL), (_WAVE, USDC)),
    _wave("token_buy_exact_in", "x08"),
    _wave("token_buy_exact_out", "x09"),
    _wave("token_sell_exact_in", "x0a"),
    _wave("token_sell_exact_out", "x0b"),
)

VENUES = (BOOP, MOONIT, HEAVEN, TRENDS, SCALE_AMM, SCALE_VMM, VERTIGO, RUNNER_RODEO, VIRTUALS, WAVEBREAK)
