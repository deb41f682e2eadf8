"""Conversions: wrapped pairs and shares of vaults. What they mint or burn has the mint for a vault."""

from typing import Any

from indexer.localnet.builder_market import BONK, PYTH, SOL, USDC, USDT, pool, share
from indexer.localnet.programs import hylo
from indexer.localnet.programs.table import Row, Table, issues, issuing, redeeming, share_pools

DEPOSIT, WITHDRAW, REDEEM = "xf223c68952e1f2b6", "xb712469c946da122", "xb80c569546c461e1"


_CARROT = Table("carrot", "CarrotwivhMpDnm27EHmRLeQ683Z1PufuqEmBZvD282s")
_CARROT_ACCOUNTS = "pool* mint_a* user_a* mint_b vault_b* user_b* user* system program_b program_a log_program"
_CRT = share("CRT", USDC, 1.14)
CARROT = _CARROT.venue(
    share_pools("carrot", (_CRT, USDC), (_CRT, USDT)),
    _CARROT.kind("issue", **issuing(Row(accounts=_CARROT_ACCOUNTS, data="xbe0162d65163def7 in", log="Issue"))),
    _CARROT.kind("redeem", **redeeming(Row(accounts=_CARROT_ACCOUNTS, data=f"{REDEEM} in", log="Redeem"))),
    conversion=True,
)

_HELIUM = Table("helium_treasury", "treaf4wWBBty3fHdyBpo35Mz84M8k3heKXmjmi9vFt5")
_HNT = PYTH  # stands for HNT
HELIUM_TREASURY = _HELIUM.venue(
    share_pools("helium_treasury", (share("MOBILE", PYTH, 0.01), _HNT), (share("IOT", PYTH, 0.02), _HNT)),
    _HELIUM.kind(
        "redeem_v0",
        **redeeming(
            Row(
                accounts="pool* mint_b mint_a* vault_b* breaker* user_a* user_b* user treasurer token",
                data="xeb7fab8b774deb76 in least",
                log="RedeemV0",
                below="treasurer",
                below_data="a2b6c16166557fbd0000000000000000",
            )
        ),
        styles=("plain",),
    ),
    conversion=True,
)

_HUMA = Table("huma", "HumaXepHnjaRCpjYTokxY4UtaJcmx41prQ8cxGmFC5fn")
HUMA = _HUMA.venue(
    share_pools("huma", (share("PST", USDC, 1.05), USDC)),
    _HUMA.kind(
        "deposit",
        **issuing(
            Row(
                accounts="user* _ _ pool* _ mint_a* _ mint_b vault_b* user_b* user_a* _ token associated system",
                data=f"{DEPOSIT} in x08000000 x4e6f4c6f636b7570",
                log="Deposit",
            )
        ),
    ),
    _HUMA.kind(
        "instant_withdraw",
        **redeeming(
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
    depositing = name.startswith(("deposit", "mint"))
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
    out = {"mint", "mint_with_max_assets", "withdraw", "withdraw_with_max_shares_burn"}
    return _LEND.kind(name, row, side="buy" if depositing else "sell", exact="out" if name in out else "in")


JUPITER_LEND_EARN = _LEND.venue(
    share_pools("jupiter_lend_earn", (share("jlUSDC", USDC, 1.03), USDC), (share("jlSOL", SOL, 1.02), SOL)),
    _lend("deposit", DEPOSIT, "in"),
    _lend("mint", "x3339e12fb69289a6", "out"),
    _lend("mint_with_max_assets", "x065e457a1eb392ab", "out most"),
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
    share_pools("saber_decimals", (share("wUSDC", USDC), USDC), (share("wBONK", BONK), BONK)),
    _DECIMALS.kind("deposit", **issuing(Row(accounts=_DECIMALS_ACCOUNTS, data=f"{DEPOSIT} in", log="Deposit"))),
    _DECIMALS.kind("withdraw", **redeeming(Row(accounts=_DECIMALS_ACCOUNTS, data=f"{WITHDRAW} in", log="Withdraw"))),
    conversion=True,
)

_VOLTR = Table("voltr", "vVoLTRjQmtFpiYoegx285Ze4gsLJ8ZxgFKVcuvmG1a8")
VOLTR = _VOLTR.venue(
    share_pools("voltr", (share("vUSDC", USDC, 1.02), USDC), (share("vSOL", SOL, 1.01), SOL)),
    _VOLTR.kind(
        "deposit_vault",
        **issuing(
            Row(
                accounts="user _ pool* mint_b mint_a* user_b* vault_b* _ user_a* _ token program_a system",
                data="x7ee015ffe4357521 in",
                log="DepositVault",
            )
        ),
    ),
    _VOLTR.kind(
        "instant_withdraw_vault",
        **redeeming(
            Row(
                accounts="user _ pool* mint_b mint_a* user_a* vault_b* _ user_b* _ token program_a system",
                data="xdd3873a880dcebf5 in x0000",
                log="InstantWithdrawVault",
            )
        ),
    ),
    conversion=True,
)

# Perena Star: one share burned, another minted
_STAR = Table("perena_star", "save8RQVPMWNTzU18t3GBvBkN9hT7jsGjiCQ28FpD9H")
_STAR_SHARES = share("USD star", USDC, 1.1), share("USD prime", USDC, 1.2)
PERENA_STAR = _STAR.venue(
    (issues(pool("perena_star", *_STAR_SHARES, 800_000, 0), *_STAR_SHARES),),
    _STAR.kind(
        "execute_share_swap",
        Row(
            accounts="user* pool* _ _ mint_in* mint_out* user_in* user_out* _ _ token token system",
            data="x7f357f9c97508743 sells in",
            log="ExecuteShareSwap",
        ),
    ),
    conversion=True,
)

VENUES = (
    hylo.VENUE,
    JUPITER_LEND_EARN,
    M_SWAP,
    CARROT,
    HELIUM_TREASURY,
    HUMA,
    PERENA_STAR,
    SABER_DECIMALS,
    VOLTR,
)
