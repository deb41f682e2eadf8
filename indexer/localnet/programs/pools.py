"""Pools with a way of their own: curves, stable and weighted pools, lending with an exchange, in a table."""

from collections.abc import Callable, Mapping

from indexer.localnet.builder_keys import address, raw
from indexer.localnet.builder_market import BONK, JUP, MOONCAT, MSOL, PYUSD, SOL, STUDIO, TITHE, USDC, USDT, Mint
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.form import (
    Act,
    Deed,
    Form,
    fee_in_shares,
    fee_of_input,
    got,
    paid,
    pools_of,
    table_row,
)
from indexer.localnet.programs.venue import Trade, Venue, u64, u128

SWAP_EVENT = bytes.fromhex("40c6cde8260871e2")
EITHER = {"exact": "either", "partial": True}
BOTH = {"token_2022": True, "styles": ("checked", "with_fee")}
MIXED: tuple[tuple[Mint, Mint, float], ...] = ((SOL, USDC, 500_000), (JUP, SOL, 120_000), (BONK, USDC, 80_000))
TAXED = (*MIXED, (TITHE, SOL, 60_000), (PYUSD, USDC, 90_000))
DOLLARS: tuple[tuple[Mint, Mint, float], ...] = ((USDC, USDT, 900_000), (MSOL, SOL, 400_000))


def _own_event(payload: Callable[[Act], bytes]) -> Callable[[Act], None]:
    """An event as a call of the program to itself."""

    def run(act: Act) -> None:
        act.scene.event(act.account("program"), act.account("event_authority"), payload(act))

    return run


def logged(payload: Callable[[Act], bytes]) -> Callable[[Act], None]:
    """An event as a log line."""

    def run(act: Act) -> None:
        act.scene.log_data(payload(act))

    return run


def vaults(act: Act) -> tuple[int, int]:
    """What the two vaults hold now."""
    pool = act.trade.pool
    return act.scene.ledger.balance(pool.vault_a), act.scene.ledger.balance(pool.vault_b)


# BonkSwap, GuacSwap, Marco Polo
def _referrer(_scene: Scene, trade: Trade) -> Mapping[str, str]:
    return {"referrer_in": address(trade.pool.address, "referrer_a" if trade.a_to_b else "referrer_b")}


def _referred(tag_args: str, middle: str) -> Form:
    return Form(
        name="swap",
        accounts="state pool* mint_a mint_b vault_a* vault_b* user_a* user_b* user* referrer_a* referrer_b* "
        f"{middle} system token associated rent",
        data=f"xf8c69e91e17587c8 {tag_args}",
        owner="state",
        log="Swap",
        given=_referrer,
        acts=(paid, fee_of_input("referrer_in", 5), got),
        kind={"styles": ("plain", "checked")},
    )


_BONK = _referred("offered z16 sells", "referrer* program_authority")


# MetaDAO, Omnipair
def _spot_event(act: Act) -> bytes:
    trade = act.trade
    event = bytes.fromhex("1dfd79ff523c94c3") + u64(act.scene.slot) + u64(act.scene.block_time) + u64(7)
    event += raw(trade.pool.address) + raw(trade.user) + bytes((trade.a_to_b,))
    event += u64(trade.amount_in) + u64(trade.amount_out) + u64(trade.least_out)
    keys = (trade.pool.a.address, trade.pool.b.address, trade.pool.vault_a, trade.pool.vault_b)
    return event + bytes(1 + 132) + u128(10**12) + b"".join(map(raw, keys))


def _omnipair_event(act: Act) -> bytes:
    trade = act.trade
    event = SWAP_EVENT + b"".join(map(u64, vaults(act))) + bytes((trade.a_to_b,))
    protocol = trade.fee // 10
    amounts = (trade.amount_in, trade.amount_out, trade.amount_in - trade.fee, trade.fee - protocol, protocol)
    return event + b"".join(map(u64, amounts)) + raw(trade.user) + raw(trade.pool.address) + u64(act.scene.slot)


_CPMM = (
    "user authority config pool* user_in* user_out* vault_in* vault_out* program_in program_out mint_in mint_out "
    "observation*"
)
_ALDRIN = "pool authority lp_mint* vault_a* vault_b* fee_account* user user_a* user_b*"


def _gamma(name: str, tag: str, data: str, exact: str) -> Form:
    return Form(
        name=name,
        accounts=_CPMM,
        data=f"x{tag} {data}",
        owner="authority",
        log="Swap",
        kind=BOTH | {"exact": exact},
    )


def _aldrin(slug: str, where: str, tail: str) -> Venue:
    swap = Form(
        name="swap",
        accounts=f"{_ALDRIN} {tail}",
        data="xf8c69e91e17587c8 offered least sells",
        owner="authority",
        log="Swap",
        acts=(paid, got, Deed(fee_in_shares)),
        kind={"styles": ("plain",)},
    )
    return table_row(slug, where, pools_of(slug, *MIXED), swap, weight=0.5)


_ONEDEX = "metadata pool* authority vault_a* vault_b* user user_a* user_b* referrer token"

VENUES: tuple[Venue, ...] = (
    table_row(
        "onedex",
        "DEXYosS6oEGvk8uCDayvwEZz4qEyDJRf9nFgYCaqPMTm",
        pools_of("onedex", *MIXED),
        Form(
            name="swap_exact_amount_in",
            accounts=_ONEDEX,
            data="x0897f54caccb9027 offered least",
            owner="authority",
        ),
        Form(
            name="swap_exact_amount_out",
            accounts=_ONEDEX,
            data="xfa1731862654db7d most received",
            owner="authority",
            kind={"exact": "out"},
        ),
    ),
    _aldrin("aldrin_v1", "AMM55ShdkoGRB5jVYPjWziwk8m5MpwyDgsMWHaMSQWH6", "token"),
    _aldrin("aldrin_v2", "CURVGoZn8zycx6FXwwevgBTB2gVvdbGTEpvMJDbgs2t4", "curve token"),
    table_row("bonkswap", "BSwp6bEBihVLdqJRKGgzjcGLHkcTuzmSo1TQkHepzH8p", pools_of("bonkswap", *MIXED), _BONK),
    table_row("guacswap", "Gswppe6ERWKpUTXvRPfXdzHhiCyJvLadVvXGfdpBqcE1", pools_of("guacswap", *MIXED), _BONK),
    table_row(
        "marco_polo",
        "9tKE7Mbmj4mxDjWatikzGAtkoWosiiZX9y6J4Hfm2R8H",
        pools_of("marco_polo", *MIXED),
        _referred("offered z16 sells", "referrer_a_authority* referrer_b_authority*"),
        weight=0.3,
    ),
    table_row(
        "goosefx_gamma",
        "GAMMA7meSFWaBXF25oSUgmGRwaW6sCMFLmBNiMSdbHVT",
        pools_of("goosefx_gamma", *TAXED),
        _gamma("swap_base_input", "8fbe5adac41e33de", "offered least", "in"),
        _gamma("swap_base_output", "37d96256a34ab4ad", "most received", "out"),
        _gamma("oracle_based_swap_base_input", "ef52c0bba01adfdf", "offered least", "in"),
    ),
    table_row(
        "metadao_futarchy",
        "FUTARELBfJfQ8RDGhg1wdhddq1odMAJUePHFuBYfUxKq",
        pools_of("metadao_futarchy", *MIXED, (MOONCAT, STUDIO, 40_000)),
        Form(
            name="spot_swap",
            accounts="pool* user_a* user_b* vault_a* vault_b* user token event_authority program",
            data="xa7610ce7ed4ea6fb offered sells least",
            log="SpotSwap",
            last=_own_event(_spot_event),
            kind={"takes": lambda pool: pool.b is not STUDIO, "styles": ("plain", "checked")},
        ),
        Form(
            name="conditional_swap",
            accounts="|".join(
                f"pool* spot_a* spot_b* proposal {vaults} user user_in* user_out* base_vault* base_held* quote_vault* "
                f"quote_held* {mints} conditional_vault_program vault_event_authority question token "
                "event_authority program"
                for vaults, mints in (
                    ("vault_a* vault_b* other_a* other_b*", "mint_a* fail_base* mint_b* fail_quote*"),
                    ("other_a* other_b* vault_a* vault_b*", "pass_base* mint_a* pass_quote* mint_b*"),
                )
            ),
            data="xc288dc59f2a9829d x01 sells offered least|xc288dc59f2a9829d x02 sells offered least",
            paired=True,
            log="ConditionalSwap",
            kind={"takes": lambda pool: pool.b is STUDIO, "styles": ("plain", "checked")},
        ),
    ),
    table_row(
        "omnipair",
        "omnixgS8fnqHfCcTGKWj6JtKjzpJZ1Y5y9pyFkQDkYE",
        pools_of("omnipair", *TAXED),
        Form(
            name="swap",
            accounts="pool* rate_model* futarchy vault_in* vault_out* user_in* user_out* mint_in mint_out user token "
            "token_2022 event_authority program",
            data="xf8c69e91e17587c8 offered least",
            log="Swap",
            last=_own_event(_omnipair_event),
            kind=BOTH,
        ),
    ),
    table_row(
        "gavel",
        "srAMMzfVHVAtgSJc8iH6CfKzuWuUTzLHVCE81QU1rgi",
        pools_of("gavel", *MIXED),
        Form(
            name="swap",
            accounts="program log_authority pool* user user_a* user_b* vault_a* vault_b* token",
            data="x00 sells x00 offered least",
            kind={"styles": ("plain", "checked")},
        ),
    ),
)
