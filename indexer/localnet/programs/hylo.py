"""Hylo: staked tokens, other collateral and USDC against its own two coins, which it mints and burns.

Account lists are those of its published interface, older ones as they were before.
"""

import hashlib
from collections.abc import Iterator
from typing import Literal

from indexer.localnet.builder_market import JITOSOL, MSOL, PYTH, SOL, USDC, Pool, pool, share
from indexer.localnet.programs.table import Paid, Row, Table, issues
from indexer.localnet.programs.venue import Kind

SLUG = "hylo_exchange"
_HYLO = Table(SLUG, "HYEXCHtHkBagdStcJCp3xbbb9B7sdMdWXFNj6mdsG4hn")
STABLE, LEVER = share("hyUSD", USDC), share("xSOL", SOL, 0.01)
LSTS = pool(SLUG, JITOSOL, MSOL, 1_100_000, 0)
DOLLAR = pool(SLUG, JITOSOL, USDC, 700_000, 0)
COINS = issues(pool(SLUG, STABLE, LEVER, 500_000, 0), STABLE, LEVER)
LST_STABLE = issues(pool(SLUG, JITOSOL, STABLE, 900_000, 0), STABLE)
LST_LEVER = issues(pool(SLUG, JITOSOL, LEVER, 400_000, 0), LEVER)
EXO_STABLE = issues(pool(SLUG, PYTH, STABLE, 90_000, 0), STABLE)
EXO_LEVER = issues(pool(SLUG, PYTH, LEVER, 40_000, 0), LEVER)
USDC_STABLE = issues(pool(SLUG, USDC, STABLE, 600_000, 0), STABLE)

_END = "token event_authority program"
_OLD_END = "token associated system event_authority program"
_MINT = "user* pool* _ _ authority fee_vault* vault_a* _ user_a* user_b* mint_a mint_b*"
_REDEEM = "user* pool* _ _ fee_vault* vault_a* _ user_b* user_a* mint_b*"
_REDEEM_OLD = "user* pool* _ _ _ fee_vault* vault_a* _ user_b* user_a* mint_b*"
_LST_USDC = "user _ _ _ pool* _ _ _ _ _ _ vault_a* vault_b* _ user_a* user_b* mint_a mint_b* _ _ _ token _ _ program"
_EXO_USDC = "user _ _ pool* _ _ _ _ _ _ vault_a* vault_b* _ user_a* user_b* mint_a mint_b _ _ _ _ token _ _ program"
_EXO_MINT = f"user* _ pool* authority _ _ vault_a* fee_vault* user_a* user_b* mint_a mint_b* _ {_END}"
_EXO_REDEEM = f"user* _ pool* _ _ vault_a* fee_vault* user_b* user_a* mint_a mint_b* _ {_END}"
_USDC = f"user _ pool* authority _ _ _ vault_a* usdc_fee* stable_fee* user_b* user_a* mint_b* mint_a _ {_END}"
_CONVERT = f"user* pool feed mint_a* _ fee_authority fee_vault* user_a* mint_b* _ user_b* {_END}"
_EXO_CONVERT = f"user* _ pool* _ authority _ _ _ fee_vault* user_b* user_a* mint_a* mint_b* _ _ {_END}"
_LST_SWAP = "user pool* mint_in user_in* _ vault_in* _ mint_out user_out* _ vault_out* _ fee_authority fee_vault*"
_WORTH = "x40420f0000000000 xfa"
_BURNED = f"in xfa fee xfa {_WORTH} out xfa {_WORTH}"
_MINTED = f"in xfa {_WORTH} out xfa fee xfa {_WORTH}"
_LST_LST = "@mint_in in_and_fee xf7 fee xf7 @mint_out out xf7"
#: amounts of collateral have nine decimals in events, whatever the mint has
_NINE = "x00e1f50500000000 xf7"


def _made(tag: str, worth: str, mint: str) -> str:
    """The event of coins made for staked tokens; newer ones name the price's deviation too."""
    return f"{tag} out xfa {_WORTH} {worth} @{mint} {_WORTH} in xf7 fee xf7"


def _taken(tag: str, worth: str, mint: str) -> str:
    """The event of coins taken back for staked tokens."""
    return f"{tag} in xfa {_WORTH} {worth} @{mint} {_WORTH} out xf7 fee xf7"


def _row(name: str, tag: str, accounts: str, fee: str, event: str) -> Row:
    """``fee`` is the account that gets a part of what is paid; of what is received where the name is in brackets."""
    of: Literal["in", "out"] = "out" if fee.startswith("(") else "in"
    amount = "" if name.endswith("_all") else " in_and_fee" if fee and of == "in" else " in"
    return Row(
        accounts=accounts,
        data=f"{tag}{amount} x00",
        log="".join(word.title() for word in name.split("_")),
        authority="authority",
        fees=(Paid(to=fee.strip("()"), basis_points=10, of=of),) if fee else (),
        event=event,
        via="call",
    )


def _kind(
    name: str,
    tag: str,
    market: Pool,
    side: Literal["any", "buy", "sell"],
    *accounts: str,
    fee: str = "",
    event: str = "",
) -> Kind:
    rows = {str(len(text.split())): _row(name, tag, text, fee, event) for text in accounts}
    # generations are told apart by the number of accounts, so that none can follow
    return _HYLO.kind(name, rows, side=side, takes=lambda pool: pool is market, extendable=len(rows) == 1)


def _kinds() -> Iterator[Kind]:
    accounts = f"{_LST_SWAP} {_END}"
    event = f"x843d6ceb96d6abd4 {_LST_LST}"
    yield _kind("swap_lst_to_lst", "x69279ba5f202eb63", LSTS, "any", accounts, fee="fee_vault", event=event)
    accounts = f"{_LST_SWAP} token associated event_authority program"
    event = f"xf646b0cf2aa7d643 {_LST_LST}"
    yield _kind("swap_lst", "x2590c96589b6f12a", LSTS, "any", accounts, fee="fee_vault", event=event)
    event = f"x08364b62a266fd25 @mint_a in xf7 {_WORTH} {_NINE}"
    yield _kind("swap_lst_to_usdc", "x66ba86cd8b72da46", DOLLAR, "sell", _LST_USDC, event=event)
    yield _kind("swap_lst_to_usdc_all", "x0aa993b97aa3b977", DOLLAR, "sell", _LST_USDC, event=event)
    event = f"x33b7b6fa27ffc950 @mint_a {_NINE} out xf7 {_WORTH}"
    yield _kind("swap_usdc_to_lst", "xcf8a64be7d482540", DOLLAR, "buy", _LST_USDC, event=event)
    event = f"xc0fd2e4a9b3eca5f @mint_a {_NINE} {_WORTH} {_NINE}"
    yield _kind("swap_exo_to_usdc", "xea4ff7f43d7d1233", DOLLAR, "sell", _EXO_USDC, event=event)
    yield _kind("swap_exo_to_usdc_all", "x6b4564cbbcbe9f4a", DOLLAR, "sell", _EXO_USDC, event=event)
    event = f"x99e6803380a7a004 @mint_a {_NINE} {_NINE} {_WORTH}"
    yield _kind("swap_usdc_to_exo", "x0edf46c0e5c471a6", DOLLAR, "buy", _EXO_USDC, event=event)
    yield from _coin_for_coin()
    yield from _against_lst()
    yield from _against_others()


def _coin_for_coin() -> Iterator[Kind]:
    """The two coins against each other, by the names and events of two generations."""
    for name, tag, lists, event in (
        ("swap_stable_to_lever", "x7bc2548cc0c1c1a1", _CONVERT, "xb8b99a0e2480f135"),
        ("convert_stable_to_lever_lst", "x4699ec8d9866ee9d", _CONVERT, "x9840cdc32cce1a23"),
        ("convert_stable_to_lever_exo", "xdf26fce20cfbc2d7", _EXO_CONVERT, "xfeee3e0d26df5d3e @collateral"),
    ):
        yield _kind(name, tag, COINS, "sell", lists, fee="fee_vault", event=f"{event} {_BURNED}")
    for name, tag, lists, event in (
        ("swap_lever_to_stable", "xa76f54b345078730", _CONVERT, "xc9e42f7613d6152d"),
        ("convert_lever_to_stable_lst", "xcbfb8fb5e67540cf", _CONVERT, "x86966ba0ef3fa2f3"),
        ("convert_lever_to_stable_exo", "x4b4d171503571480", _EXO_CONVERT, "x366f2e307b2a6f77 @collateral"),
    ):
        yield _kind(name, tag, COINS, "buy", lists, fee="(fee_vault)", event=f"{event} {_MINTED}")


def _against_lst() -> Iterator[Kind]:
    """Both coins against staked tokens, by the names and layouts of three generations."""
    now, old = f"{_MINT} _ {_END}", f"{_MINT} _ {_OLD_END}"
    oldest = f"{_MINT} _ _ {_OLD_END}"
    back, back_old = f"{_REDEEM} mint_a _ {_END}", f"{_REDEEM} mint_a _ system token associated event_authority program"
    back_lever = f"{_REDEEM} _ mint_a _ system token associated event_authority program"
    fee, out, two = "fee_vault", "(fee_vault)", f"{_WORTH} {_WORTH}"
    event = _made("xe8d4861601600f44", two, "mint_a")
    yield _kind("mint_stablecoin_lst", "x06d01cafe52391e2", LST_STABLE, "sell", now, fee=fee, event=event)
    event = _made("x766bc44b2efa98ad", two, "mint_a")
    yield _kind("mint_levercoin_lst", "xb84b63649940f344", LST_LEVER, "sell", now, fee=fee, event=event)
    event = _taken("x6a1ee6266898efee", two, "mint_a")
    yield _kind("redeem_stablecoin_lst", "x0ce6bd7e6ee9eac3", LST_STABLE, "buy", back, fee=out, event=event)
    event = _taken("x6d02d62a62f0ea35", two, "mint_a")
    yield _kind("redeem_levercoin_lst", "x229342c5a05293ca", LST_LEVER, "buy", back, fee=out, event=event)
    event, tag = _made("xad68a61c00345ef6", _WORTH, "mint_a"), TAGS["mint_stablecoin"]
    yield _kind("mint_stablecoin", tag, LST_STABLE, "sell", now, old, fee=fee, event=event)
    event, tag = _made("x9910948e0b7f720f", _WORTH, "mint_a"), TAGS["mint_levercoin"]
    yield _kind("mint_levercoin", tag, LST_LEVER, "sell", now, oldest, fee=fee, event=event)
    event, tag = _taken("x24a3c628fc8063b3", _WORTH, "mint_a"), TAGS["redeem_stablecoin"]
    older = f"{_REDEEM_OLD} mint_a _ system token associated event_authority program"
    yield _kind("redeem_stablecoin", tag, LST_STABLE, "buy", back, back_old, older, fee=out, event=event)
    event, tag = _taken("x88f94f3c72feea26", _WORTH, "mint_a"), TAGS["redeem_levercoin"]
    older = f"{_REDEEM_OLD} _ mint_a _ system token associated event_authority program"
    yield _kind("redeem_levercoin", tag, LST_LEVER, "buy", back, back_lever, older, fee=out, event=event)


def _against_others() -> Iterator[Kind]:
    """The coins against other collateral and USDC."""
    fee, out = "fee_vault", "(fee_vault)"
    made = f"@mint_a out xfa {_WORTH} {_WORTH} {_WORTH} {_NINE} {_NINE} {_WORTH} {_WORTH}"
    taken = f"@mint_a in xfa {_WORTH} {_WORTH} {_WORTH} {_NINE} {_NINE} {_WORTH} {_WORTH}"
    event = f"xabe131db70fc3310 {made}"
    yield _kind("mint_stablecoin_exo", "x3479bb6ce3ed3316", EXO_STABLE, "sell", _EXO_MINT, fee=fee, event=event)
    event = f"xe86ab038e50ec809 @mint_a out xfa {_WORTH} @oracle {_WORTH} {_WORTH} {_NINE} {_NINE}"
    yield _kind("mint_levercoin_exo", "xce9cf763ebc7a64f", EXO_LEVER, "sell", _EXO_MINT, fee=fee, event=event)
    event = f"xf51a2607046bbfc4 {taken}"
    yield _kind("redeem_stablecoin_exo", "xab0fbec460293a5b", EXO_STABLE, "buy", _EXO_REDEEM, fee=out, event=event)
    event = f"xd3c5bb04057b0d39 @mint_a in xfa {_WORTH} {_WORTH} {_WORTH} {_NINE} {_NINE}"
    yield _kind("redeem_levercoin_exo", "x3362dfca0d61b702", EXO_LEVER, "buy", _EXO_REDEEM, fee=out, event=event)
    event = f"x15c02b8667ed8cbd {_NINE} {_NINE} out xfa {_WORTH}"
    yield _kind("mint_stablecoin_usdc", "x0e0ea31ae0b69f9b", USDC_STABLE, "sell", _USDC, fee="usdc_fee", event=event)
    event = f"x6b80681fbe62ac85 in xfa fee xfa out xfa {_WORTH}"
    yield _kind("redeem_stablecoin_usdc", "xaaed62683c5248a1", USDC_STABLE, "buy", _USDC, fee="stable_fee", event=event)


TAGS = {
    name: "x" + hashlib.sha256(f"global:{name}".encode()).digest()[:8].hex()
    for name in ("mint_stablecoin", "mint_levercoin", "redeem_stablecoin", "redeem_levercoin")
}
VENUE = _HYLO.venue(
    (LSTS, DOLLAR, COINS, LST_STABLE, LST_LEVER, EXO_STABLE, EXO_LEVER, USDC_STABLE), *_kinds(), conversion=True
)
