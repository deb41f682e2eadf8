"""Conversions: stake pools, wrapped pairs, shares of vaults. What they mint or burn has the mint for a vault."""

from typing import Any

from indexer.localnet.builder_market import BONK, JITOSOL, MSOL, ORCA, PYTH, SOL, USDC, USDT, Mint, Pool, pool, share
from indexer.localnet.programs.table import Paid, Row, Table, issues
from indexer.localnet.programs.venue import Venue

DEPOSIT, WITHDRAW, REDEEM = "xf223c68952e1f2b6", "xb712469c946da122", "xb80c569546c461e1"


def _shares(slug: str, *pairs: tuple[Mint, Mint]) -> tuple[Pool, ...]:
    """Pools of (share, what it stands for): the program mints and burns the shares."""
    return tuple(issues(pool(slug, token, of, 2_000_000, 0), token) for token, of in pairs)


def _in(row: Row) -> dict[str, Any]:
    """Traits of an instruction that issues shares."""
    return {"rows": row, "side": "buy"}


def _out(row: Row) -> dict[str, Any]:
    """Traits of an instruction that takes shares back."""
    return {"rows": row, "side": "sell"}


# Three deployments of the stake pool program: lamports against shares, fees in shares
def _stake_pool(slug: str, where: str, symbol: str) -> Venue:
    table = Table(slug, where)
    deposit = Row(
        accounts="pool* authority vault_b* user* user_a* manager* referrer* mint_a* system token",
        data="x0e in",
        authority="authority",
        fees=(Paid(to="manager", basis_points=5, of="out"), Paid(to="referrer", basis_points=5, of="out")),
    )
    withdraw = Row(
        accounts="pool* authority user user_a* vault_b* user_b* manager* mint_a* clock stake_history "
        "stake_program token",
        data="x10 in_and_fee",
        authority="authority",
        fees=(Paid(to="manager", basis_points=10, of="in"),),
    )
    return table.venue(
        _shares(slug, (share(symbol, SOL, 1.2), SOL), (share(f"{symbol} II", SOL, 1.07), SOL)),
        table.kind("deposit_sol", **_in(deposit), native=True, styles=("plain",)),
        table.kind("withdraw_sol", **_out(withdraw), native=True, styles=("plain", "checked")),
        conversion=True,
    )


SPL_STAKE_POOL = _stake_pool("spl_stake_pool", "SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy", "plainSOL")
SANCTUM_MULTI_STAKE_POOL = _stake_pool(
    "sanctum_multi_stake_pool", "SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn", "multiSOL"
)
SANCTUM_SPL_STAKE_POOL = _stake_pool("sanctum_spl_stake_pool", "SP12tWFxD9oJsVWNavTTBZvMbA6gkAmxtVgxdqvyvhY", "soloSOL")

_CARROT = Table("carrot", "CarrotwivhMpDnm27EHmRLeQ683Z1PufuqEmBZvD282s")
_CARROT_ACCOUNTS = "pool* mint_a* user_a* mint_b vault_b* user_b* user* system program_b program_a log_program"
_CRT = share("CRT", USDC, 1.14)
CARROT = _CARROT.venue(
    _shares("carrot", (_CRT, USDC), (_CRT, USDT)),
    _CARROT.kind("issue", **_in(Row(accounts=_CARROT_ACCOUNTS, data="xbe0162d65163def7 in", log="Issue"))),
    _CARROT.kind("redeem", **_out(Row(accounts=_CARROT_ACCOUNTS, data=f"{REDEEM} in", log="Redeem"))),
    conversion=True,
)

_HELIUM = Table("helium_treasury", "treaf4wWBBty3fHdyBpo35Mz84M8k3heKXmjmi9vFt5")
_HNT = PYTH  # stands for HNT
HELIUM_TREASURY = _HELIUM.venue(
    _shares("helium_treasury", (share("MOBILE", PYTH, 0.01), _HNT), (share("IOT", PYTH, 0.02), _HNT)),
    _HELIUM.kind(
        "redeem_v0",
        **_out(
            Row(
                accounts="pool* mint_b mint_a* vault_b* breaker* user_a* user_b* user treasurer token",
                data="xeb7fab8b774deb76 in least",
                log="RedeemV0",
                below="treasurer",
            )
        ),
        styles=("plain",),
    ),
    conversion=True,
)

_HUMA = Table("huma", "HumaXepHnjaRCpjYTokxY4UtaJcmx41prQ8cxGmFC5fn")
HUMA = _HUMA.venue(
    _shares("huma", (share("PST", USDC, 1.05), USDC)),
    _HUMA.kind(
        "deposit",
        **_in(
            Row(
                accounts="user* _ _ pool* _ mint_a* _ mint_b vault_b* user_b* user_a* _ token associated system",
                data=f"{DEPOSIT} in x08000000 x4e6f4c6f636b7570",
                log="Deposit",
            )
        ),
    ),
    _HUMA.kind(
        "instant_withdraw",
        **_out(
            Row(
                accounts="user* _ _ pool* _ mint_a* _ _ _ mint_b _ vault_b* user_b* _ user_a* token",
                data="xab3191b0306570a2 in",
                log="InstantWithdraw",
            )
        ),
    ),
    conversion=True,
)

# Jupiter Lend: the liquidity program holds the tokens
_LEND = Table("jupiter_lend_earn", "jup3YeL8QhtSx1e253b2FDvsMNC87fDrgQZivbrndc9")


def _lend(name: str, tag: str, data: str) -> Any:
    depositing = name in {"deposit", "mint", "deposit_with_min_amount_out"}
    start = "user* user_in* user_out* "
    accounts = (
        "mint_b _ pool* mint_a* _ _ _ vault_b* _ liquidity token associated system _"
        if depositing
        else "_ pool* mint_b mint_a* _ _ _ vault_b* _ _ liquidity token associated system _"
    )
    row = Row(
        accounts=f"{start}{accounts}",
        data=f"{tag} {data}",
        log="".join(word.title() for word in name.split("_")),
        below="liquidity",
    )
    out = {"mint", "withdraw", "withdraw_with_max_shares_burn"}
    return _LEND.kind(name, row, side="buy" if depositing else "sell", exact="out" if name in out else "in")


JUPITER_LEND_EARN = _LEND.venue(
    _shares("jupiter_lend_earn", (share("jlUSDC", USDC, 1.03), USDC), (share("jlSOL", SOL, 1.02), SOL)),
    _lend("deposit", DEPOSIT, "in"),
    _lend("mint", "x3339e12fb69289a6", "out"),
    _lend("deposit_with_min_amount_out", "x74901061766d2877", "in least"),
    _lend("withdraw", WITHDRAW, "out"),
    _lend("redeem", REDEEM, "in"),
    _lend("withdraw_with_max_shares_burn", "x2fc5b7abef12f5ab", "out most"),
    _lend("redeem_with_min_amount_out", "xebbded38a6b4b895", "in least"),
    conversion=True,
)

# M Swap: one wrapped dollar burned, the other minted, in the issuers' own programs
_M_SWAP = Table("m_swap", "MSwapi3WhNKMUGm9YrxGhypgUEt7wYQH3ZgG32XoWzH")
_DOLLARS = share("wM", USDC), share("USDK", USDC)
M_SWAP = _M_SWAP.venue(
    (issues(pool("m_swap", *_DOLLARS, 900_000, 0), *_DOLLARS),),
    _M_SWAP.kind(
        "swap",
        Row(
            accounts="user program program pool from_global* to_global* mint_in* mint_out* m_mint user_in* user_out* "
            "m_account* _ _ _ _ m_vault_in* m_vault_out* program_in program_out token from_extension to_extension "
            "system",
            data="xf8c69e91e17587c8 in x00",
            log="Swap",
            issuer="from_extension",
        ),
    ),
    conversion=True,
)

_DECIMALS = Table("saber_decimals", "DecZY86MU5Gj7kppfUCEmd4LbXXuyZH1yHaP2NTqdiZB")
_DECIMALS_ACCOUNTS = "pool mint_a* vault_b* user user_b* user_a* token"
SABER_DECIMALS = _DECIMALS.venue(
    _shares("saber_decimals", (share("wUSDC", USDC), USDC), (share("wBONK", BONK), BONK)),
    _DECIMALS.kind("deposit", **_in(Row(accounts=_DECIMALS_ACCOUNTS, data=f"{DEPOSIT} in", log="Deposit"))),
    _DECIMALS.kind("withdraw", **_out(Row(accounts=_DECIMALS_ACCOUNTS, data=f"{WITHDRAW} in", log="Withdraw"))),
    conversion=True,
)

_PROP_S = Table("sanctum_prop_s", "pegVkBpfR9GFi5Jaa9YXAHACyM9CzCNvhc5bf8GWNyW")
SANCTUM_PROP_S = _PROP_S.venue(
    (pool("sanctum_prop_s", JITOSOL, SOL, 500_000, 2), pool("sanctum_prop_s", MSOL, SOL, 300_000, 2)),
    _PROP_S.kind(
        "swap", Row(accounts="user_in* vault_in* user_out* vault_out* pool* user token token", data="x00 in least")
    ),
    conversion=True,
)

_SOLS = Table("sanctum_sols", "so1f7APRw5pJ5iNJrM9g5X9tQgXzk8kMUnXxDNdt99b")
SANCTUM_SOLS = _SOLS.venue(
    _shares("sanctum_sols", (share("SOLS", SOL, 1.0), SOL)),
    _SOLS.kind(
        "deposit_wrapped_sol",
        **_in(Row(accounts="mint_a* user_a* pool* user_b* vault_b* user mint_b token", data="x02 in")),
    ),
    conversion=True,
)

_SOLAYER = Table("solayer", "endoLNCKTqDn8gSVnN2hDdpgACUPWHZTwoYnnMybpAT")
_DELEGATE = "user* pool* mint_a* vault_b* mint_b user_b* user_a* token associated system"


def _solayer(name: str, tag: str) -> Any:
    row = Row(accounts=_DELEGATE, data=f"{tag} in", log="".join(word.title() for word in name.split("_")))
    return _SOLAYER.kind(name, row, side="sell" if name.startswith("un") else "buy")


SOLAYER = _SOLAYER.venue(
    _shares("solayer", (share("sSOL", JITOSOL, 1.0), JITOSOL)),
    _solayer("delegate", "x5a934bb255580489"),
    _solayer("delegate_no_init", "xfe00de2891766e14"),
    _solayer("undelegate", "x8394b4c65b682aee"),
    _solayer("undelegate_no_init", "xd511d75105727c4e"),
    conversion=True,
)

_UNSTAKE = Table("vault_liquid_unstake", "2rU1oCHtQ7WJUvy15tKtFvxdYNNSc3id7AzUcjeFSddo")
VAULT_LIQUID_UNSTAKE = _UNSTAKE.venue(
    (pool("vault_liquid_unstake", SOL, JITOSOL, 400_000, 3), pool("vault_liquid_unstake", SOL, MSOL, 200_000, 3)),
    _UNSTAKE.kind(
        "buy_lst",
        Row(
            accounts="user* user_a* pool* vault_a* vault_b* _ _ _ _ _ _ user_b* _ token associated system _",
            data="x3861528a72ba350c in least x01",
            log="BuyLst",
        ),
        side="sell",
    ),
    conversion=True,
)

_VOLTR = Table("voltr", "vVoLTRjQmtFpiYoegx285Ze4gsLJ8ZxgFKVcuvmG1a8")
VOLTR = _VOLTR.venue(
    _shares("voltr", (share("vUSDC", USDC, 1.02), USDC), (share("vSOL", SOL, 1.01), SOL)),
    _VOLTR.kind(
        "deposit_vault",
        **_in(
            Row(
                accounts="user _ pool* mint_b mint_a* user_b* vault_b* _ user_a* _ token program_a system",
                data="x7ee015ffe4357521 in",
                log="DepositVault",
            )
        ),
    ),
    _VOLTR.kind(
        "instant_withdraw_vault",
        **_out(
            Row(
                accounts="user _ pool* mint_b mint_a* user_a* vault_b* _ user_b* _ token program_a system",
                data="xdd3873a880dcebf5 in x0000",
                log="InstantWithdrawVault",
            )
        ),
    ),
    conversion=True,
)

_XORCA = Table("xorca", "StaKE6XNKVVhG8Qu9hDJBqCW3eRe7MDGLz17nJZetLT")
XORCA = _XORCA.venue(
    _shares("xorca", (share("xORCA", ORCA, 1.03), ORCA)),
    _XORCA.kind(
        "stake", **_in(Row(accounts="user vault_b* user_b* user_a* mint_a* pool* mint_b token", data="x00 in"))
    ),
    conversion=True,
)

# Hylo: staked tokens against each other through vaults, its own coins by mint and burn
_HYLO = Table("hylo_exchange", "HYEXCHtHkBagdStcJCp3xbbb9B7sdMdWXFNj6mdsG4hn")
_COINS = share("hyUSD", USDC), share("xSOL", SOL, 0.01)
_LSTS = pool("hylo_exchange", JITOSOL, MSOL, 1_100_000, 0)
_DOLLAR = pool("hylo_exchange", JITOSOL, USDC, 700_000, 0)
_OWN = issues(pool("hylo_exchange", *_COINS, 500_000, 0), *_COINS)
_LST_TO_USDC = "user _ _ _ pool* _ _ _ _ _ _ vault_a* vault_b* _ user_a* user_b* _ _ _ _ _ _ _ token program"
_EXO_TO_USDC = "user _ _ pool* _ _ _ _ _ _ vault_a* vault_b* _ user_a* user_b* _ _ _ _ _ _ _ _ token program"
_COIN_END = "fee_authority fee_vault* user_a* mint_b* _ user_b* token event_authority program"


def _hylo(name: str, tag: str, accounts: str, pools: Pool, side: Any = "any") -> Any:
    row = Row(accounts=accounts, data=f"{tag} in x00", log="".join(word.title() for word in name.split("_")))
    return _HYLO.kind(name, row, side=side, takes=lambda pool: pool is pools)


HYLO_EXCHANGE = _HYLO.venue(
    (_LSTS, _DOLLAR, _OWN),
    _hylo(
        "swap_lst_to_lst",
        "x69279ba5f202eb63",
        "user pool* _ user_in* _ vault_in* _ _ user_out* _ vault_out* _ _ _ token _ program",
        _LSTS,
    ),
    _hylo("swap_lst_to_usdc", "x66ba86cd8b72da46", _LST_TO_USDC, _DOLLAR, "sell"),
    _hylo("swap_usdc_to_lst", "xcf8a64be7d482540", _LST_TO_USDC, _DOLLAR, "buy"),
    _hylo("swap_lst_to_usdc_all", "x0aa993b97aa3b977", _LST_TO_USDC, _DOLLAR, "sell"),
    _hylo("swap_exo_to_usdc", "xea4ff7f43d7d1233", _EXO_TO_USDC, _DOLLAR, "sell"),
    _hylo(
        "swap_lst",
        "x2590c96589b6f12a",
        "user pool mint_in user_in* _ vault_in* _ mint_out user_out* _ vault_out* _ fee_authority fee_vault* token "
        "associated event_authority program",
        _LSTS,
    ),
    _hylo("swap_stable_to_lever", "x7bc2548cc0c1c1a1", f"user* pool feed mint_a* _ {_COIN_END}", _OWN, "sell"),
    _hylo(
        "swap_lever_to_stable",
        "xa76f54b345078730",
        f"user* pool feed mint_a* _ {_COIN_END}",
        _OWN,
        "buy",
    ),
    conversion=True,
)

VENUES = (
    SPL_STAKE_POOL,
    SANCTUM_MULTI_STAKE_POOL,
    SANCTUM_SPL_STAKE_POOL,
    HYLO_EXCHANGE,
    JUPITER_LEND_EARN,
    M_SWAP,
    CARROT,
    HELIUM_TREASURY,
    HUMA,
    SABER_DECIMALS,
    SANCTUM_PROP_S,
    SANCTUM_SOLS,
    SOLAYER,
    VAULT_LIQUID_UNSTAKE,
    VOLTR,
    XORCA,
)
