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
    yield _kind("swap_lst_to_lst", "x69279ba5f202eb63", LSTS, "any", f"{_LST_SWAP} {_END}", fee="fee_vault")
    event = "xf646b0cf2aa7d643 @mint_in in_and_fee xf7 fee xf7 @mint_out out xf7"
    accounts = f"{_LST_SWAP} token associated event_authority program"
    yield _kind("swap_lst", "x2590c96589b6f12a", LSTS, "any", accounts, fee="fee_vault", event=event)
    yield _kind("swap_lst_to_usdc", "x66ba86cd8b72da46", DOLLAR, "sell", _LST_USDC)
    yield _kind("swap_usdc_to_lst", "xcf8a64be7d482540", DOLLAR, "buy", _LST_USDC)
    yield _kind("swap_lst_to_usdc_all", "x0aa993b97aa3b977", DOLLAR, "sell", _LST_USDC)
    yield _kind("swap_exo_to_usdc", "xea4ff7f43d7d1233", DOLLAR, "sell", _EXO_USDC)
    yield _kind("swap_usdc_to_exo", "x0edf46c0e5c471a6", DOLLAR, "buy", _EXO_USDC)
    yield _kind("swap_exo_to_usdc_all", "x6b4564cbbcbe9f4a", DOLLAR, "sell", _EXO_USDC)
    burned = f"xb8b99a0e2480f135 in xfa fee xfa {_WORTH} out xfa {_WORTH}"
    yield _kind("swap_stable_to_lever", "x7bc2548cc0c1c1a1", COINS, "sell", _CONVERT, fee="fee_vault", event=burned)
    minted = f"xc9e42f7613d6152d in xfa {_WORTH} out xfa fee xfa {_WORTH}"
    yield _kind("swap_lever_to_stable", "xa76f54b345078730", COINS, "buy", _CONVERT, fee="(fee_vault)", event=minted)
    yield _kind("convert_stable_to_lever_lst", "x4699ec8d9866ee9d", COINS, "sell", _CONVERT, fee="fee_vault")
    yield _kind("convert_lever_to_stable_lst", "xcbfb8fb5e67540cf", COINS, "buy", _CONVERT, fee="(fee_vault)")
    yield _kind("convert_stable_to_lever_exo", "xdf26fce20cfbc2d7", COINS, "sell", _EXO_CONVERT, fee="fee_vault")
    yield _kind("convert_lever_to_stable_exo", "x4b4d171503571480", COINS, "buy", _EXO_CONVERT, fee="(fee_vault)")
    yield from _against_lst()
    yield from _against_others()


def _against_lst() -> Iterator[Kind]:
    """Both coins against staked tokens, by the names and layouts of three generations."""
    now, old = f"{_MINT} _ {_END}", f"{_MINT} _ {_OLD_END}"
    oldest = f"{_MINT} _ _ {_OLD_END}"
    back, back_old = f"{_REDEEM} mint_a _ {_END}", f"{_REDEEM} mint_a _ system token associated event_authority program"
    back_lever = f"{_REDEEM} _ mint_a _ system token associated event_authority program"
    fee, out = "fee_vault", "(fee_vault)"
    yield _kind("mint_stablecoin_lst", "x06d01cafe52391e2", LST_STABLE, "sell", now, fee=fee)
    yield _kind("mint_levercoin_lst", "xb84b63649940f344", LST_LEVER, "sell", now, fee=fee)
    yield _kind("redeem_stablecoin_lst", "x0ce6bd7e6ee9eac3", LST_STABLE, "buy", back, fee=out)
    yield _kind("redeem_levercoin_lst", "x229342c5a05293ca", LST_LEVER, "buy", back, fee=out)
    yield _kind("mint_stablecoin", TAGS["mint_stablecoin"], LST_STABLE, "sell", now, old, fee=fee)
    yield _kind("mint_levercoin", TAGS["mint_levercoin"], LST_LEVER, "sell", now, oldest, fee=fee)
    older = f"{_REDEEM_OLD} mint_a _ system token associated event_authority program"
    yield _kind("redeem_stablecoin", TAGS["redeem_stablecoin"], LST_STABLE, "buy", back, back_old, older, fee=out)
    older = f"{_REDEEM_OLD} _ mint_a _ system token associated event_authority program"
    yield _kind("redeem_levercoin", TAGS["redeem_levercoin"], LST_LEVER, "buy", back_lever, older, fee=out)


def _against_others() -> Iterator[Kind]:
    """The coins against other collateral and USDC."""
    fee, out = "fee_vault", "(fee_vault)"
    yield _kind("mint_stablecoin_exo", "x3479bb6ce3ed3316", EXO_STABLE, "sell", _EXO_MINT, fee=fee)
    yield _kind("mint_levercoin_exo", "xce9cf763ebc7a64f", EXO_LEVER, "sell", _EXO_MINT, fee=fee)
    yield _kind("redeem_stablecoin_exo", "xab0fbec460293a5b", EXO_STABLE, "buy", _EXO_REDEEM, fee=out)
    yield _kind("redeem_levercoin_exo", "x3362dfca0d61b702", EXO_LEVER, "buy", _EXO_REDEEM, fee=out)
    yield _kind("mint_stablecoin_usdc", "x0e0ea31ae0b69f9b", USDC_STABLE, "sell", _USDC, fee="usdc_fee")
    yield _kind("redeem_stablecoin_usdc", "xaaed62683c5248a1", USDC_STABLE, "buy", _USDC, fee="stable_fee")


TAGS = {
    name: "x" + hashlib.sha256(f"global:{name}".encode()).digest()[:8].hex()
    for name in ("mint_stablecoin", "mint_levercoin", "redeem_stablecoin", "redeem_levercoin")
}
VENUE = _HYLO.venue(
    (LSTS, DOLLAR, COINS, LST_STABLE, LST_LEVER, EXO_STABLE, EXO_LEVER, USDC_STABLE), *_kinds(), conversion=True
)
