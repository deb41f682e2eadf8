"""Pools with a way of their own: curves, stable and weighted pools, lending with an exchange, in a table."""

from collections.abc import Callable, Mapping

from indexer.localnet.builder_keys import address, raw
from indexer.localnet.builder_market import BONK, JUP, MOONCAT, MSOL, PYUSD, SOL, STUDIO, TITHE, USDC, USDT, Mint
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.form import (
    Act,
    Deed,
    Form,
    Move,
    fee_in_shares,
    fee_of_input,
    fee_of_output,
    got,
    paid,
    pools_of,
    table_row,
)
from indexer.localnet.programs.venue import Trade, Venue, u64, u128

LIQUIDITY = "jupeiUmn818Jg1ekPURTpr4mFo29p46vygyykFJ3wZC"
STABBLE_VAULT = "vo1tWgqZMjG61Z2T9qUaMYKqZ75CYzMuaZ2LZP1n7HV"
SWAP_EVENT = bytes.fromhex("40c6cde8260871e2")
EITHER = {"exact": "either", "partial": True}
BOTH = {"token_2022": True, "styles": ("checked", "with_fee")}
MIXED: tuple[tuple[Mint, Mint, float], ...] = ((SOL, USDC, 500_000), (JUP, SOL, 120_000), (BONK, USDC, 80_000))
TAXED = (*MIXED, (TITHE, SOL, 60_000), (PYUSD, USDC, 90_000))
DOLLARS: tuple[tuple[Mint, Mint, float], ...] = ((USDC, USDT, 900_000), (MSOL, SOL, 400_000))


def _nested(program: str, accounts: str, data: Callable[[Act], bytes], *moves: Move) -> Deed:
    """Transfers that happen one program deeper."""
    names = tuple(accounts.split())

    def run(act: Act) -> None:
        with act.scene.call(program, [act.account(name) for name in names], data(act), cost=9_000):
            act.scene.transfers(act.trade.style, *(move(act) for move in moves))

    return Deed(run)


def _own_event(payload: Callable[[Act], bytes]) -> Callable[[Act], None]:
    """An event as a call of the program to itself."""

    def run(act: Act) -> None:
        act.scene.event(act.account("program"), act.account("event_authority"), payload(act))

    return run


def _logged(payload: Callable[[Act], bytes]) -> Callable[[Act], None]:
    """An event as a log line."""

    def run(act: Act) -> None:
        act.scene.log_data(payload(act))

    return run


# Jupiter Lend
def _lend_event(act: Act) -> bytes:
    trade = act.trade
    return (
        bytes.fromhex("caf2e41c25c23422")
        + b"\3\0"
        + bytes((trade.a_to_b,))
        + u64(trade.amount_in)
        + u64(trade.amount_out)
    )


def _lend(name: str, tag: str, exact: str) -> Form:
    operate = lambda act: bytes.fromhex("d96ad06374972a87") + act.scene.draw.randbytes(34)  # noqa: E731 - one line
    return Form(
        name=name,
        accounts="user pool* user_in* user_out* account_4 user_a* user_b* account_7 account_8 account_9 account_10 "
        "account_11 account_12 vault_a* vault_b* account_15 account_16 account_17 account_18 account_19 liquidity "
        "account_21 account_22 account_23",
        data=f"0x{tag} a limits",
        owner="account_21",
        given=lambda _scene, _trade: {"liquidity": LIQUIDITY},
        acts=(
            _nested(LIQUIDITY, "pool user_in vault_in", operate, paid),
            _nested(LIQUIDITY, "pool vault_out user_out", operate, got),
        ),
        last=_logged(_lend_event),
        cost=90_000,
        kind={"exact": exact, "styles": ("checked",)},
    )


# Stabble's stable and weighted pools: the output leaves one program deeper, the pool's fee before it
def _withdrawal(act: Act) -> bytes:
    return bytes.fromhex("b712469c946da122") + u64(act.trade.amount_out) + u64(act.trade.amount_out // 250_000)


_STABBLE_OUT = _nested(
    STABBLE_VAULT,
    "withdraw_authority vault vault_authority vault_out user_out token fee_out",
    _withdrawal,
    fee_of_output("fee_out", 0.04),
    got,
)
_STABBLE_TAIL = "vault_in* vault_out* fee_out* pool* withdraw_authority vault vault_authority vault_program token"


def _stabble(name: str, accounts: str, tag: str, **kind: object) -> Form:
    return Form(
        name=name,
        accounts=accounts,
        data=f"0x{tag} 0x01 in min|0x{tag} 0x00 min",
        owner="vault_authority",
        given=lambda _scene, _trade: {"vault_program": STABBLE_VAULT},
        acts=(paid, _STABBLE_OUT),
        kind=kind,
    )


STABBLE = (
    _stabble("swap", f"user user_in* user_out* {_STABBLE_TAIL}", "f8c69e91e17587c8", styles=("plain",)),
    _stabble(
        "swap_v2",
        f"user mint_in mint_out user_in* user_out* {_STABBLE_TAIL} token_2022",
        "2b04ed0b1ac91e62",
        token_2022=True,
    ),
)


# Saros DLMM: one event per bin
def _bin_events(act: Act) -> None:
    trade, bins = act.trade, act.scene.draw.choice((1, 1, 2, 3))
    left_in, left_out = trade.amount_in, trade.amount_out
    for at in range(bins):
        last = at == bins - 1
        part_in = left_in if last else left_in // (bins - at)
        part_out = left_out if last else left_out // (bins - at)
        left_in, left_out = left_in - part_in, left_out - part_out
        event = bytes.fromhex("372ac0c2e6f30948") + raw(trade.pool.address) + bytes((trade.a_to_b,)) + u64(0)
        event += (
            (8_388_608 + at).to_bytes(4, "little") + u64(part_in) + u64(part_out) + bytes(4) + u64(trade.fee // bins)
        )
        act.scene.event(act.account("program"), act.account("event_authority"), event)


# Crema, Cykura
def _crema_event(tag: str) -> Callable[[Act], bytes]:
    def event(act: Act) -> bytes:
        trade = act.trade
        partner = raw(act.account("partner")) if tag != "40c6cde8260871e2" else bytes(32)
        amounts = (trade.amount_in, trade.amount_out, 0, trade.fee, trade.fee // 5, *_vaults(act))
        event = bytes.fromhex(tag) + raw(trade.pool.address) + raw(trade.user) + partner + bytes((trade.a_to_b,))
        return event + b"".join(map(u64, amounts))

    return event


def _vaults(act: Act) -> tuple[int, int]:
    """What the two vaults hold now."""
    pool = act.trade.pool
    return act.scene.ledger.balance(pool.vault_a), act.scene.ledger.balance(pool.vault_b)


def _crema(name: str, accounts: str, tag: str, event: str) -> Form:
    return Form(
        name=name,
        accounts=f"config pool* mint_a mint_b user_a* user_b* vault_a* vault_b* ticks* user {accounts}",
        data=f"0x{tag} a exact limits z16",
        last=_logged(_crema_event(event)),
        log="Swap",
        kind=EITHER | {"styles": ("plain", "checked")},
    )


def _cykura_event(act: Act) -> bytes:
    trade = act.trade
    signed = [trade.amount_in, -trade.amount_out]
    if not trade.a_to_b:
        signed.reverse()
    event = SWAP_EVENT + raw(trade.pool.address) + raw(trade.user) + raw(trade.user_a) + raw(trade.user_b)
    event += b"".join(amount.to_bytes(8, "little", signed=True) for amount in signed)
    return event + u64(2**32) + u64(10**12) + bytes(4)


# BonkSwap, GuacSwap, Marco Polo
def _referrer(_scene: Scene, trade: Trade) -> Mapping[str, str]:
    return {"referrer_in": address(trade.pool.address, "referrer_a" if trade.a_to_b else "referrer_b")}


def _referred(tag_args: str, middle: str) -> Form:
    return Form(
        name="swap",
        accounts="state pool* mint_a mint_b vault_a* vault_b* user_a* user_b* user* referrer_a* referrer_b* "
        f"{middle} system token associated rent",
        data=f"0xf8c69e91e17587c8 {tag_args}",
        owner="state",
        log="Swap",
        given=_referrer,
        acts=(paid, fee_of_input("referrer_in", 5), got),
        kind={"styles": ("plain", "checked")},
    )


_BONK = _referred("in z16 a", "referrer* program_authority")


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
    event = SWAP_EVENT + b"".join(map(u64, _vaults(act))) + bytes((trade.a_to_b,))
    protocol = trade.fee // 10
    amounts = (trade.amount_in, trade.amount_out, trade.amount_in - trade.fee, trade.fee - protocol, protocol)
    return event + b"".join(map(u64, amounts)) + raw(trade.user) + raw(trade.pool.address) + u64(act.scene.slot)


# the rest
_CPMM = (
    "user authority config pool* user_in* user_out* vault_in* vault_out* program_in program_out mint_in mint_out "
    "observation*"
)
_PERENA = "pool* mint_in* mint_out* user_in* user_out* vault_in* vault_out* config user token token_2022"
_ALDRIN = "pool authority lp_mint* vault_a* vault_b* fee_account* user user_a* user_b*"
_RAYDIUM_STABLE = (
    "vault_a* vault_b* model serum_program serum_market* bids* asks* events* serum_a* serum_b* serum_signer "
    "user_in* user_out* user"
)


def _gamma(name: str, tag: str, data: str, exact: str) -> Form:
    return Form(
        name=name,
        accounts=_CPMM,
        data=f"0x{tag} {data}",
        owner="authority",
        log="Swap",
        kind=BOTH | {"exact": exact},
    )


def _perena(name: str, tag: str, data: str, exact: str) -> Form:
    return Form(name=name, accounts=_PERENA, data=f"0x{tag} {data}", kind={"exact": exact, "token_2022": True})


def _aldrin(slug: str, where: str, tail: str) -> Venue:
    swap = Form(
        name="swap",
        accounts=f"{_ALDRIN} {tail}",
        data="0xf8c69e91e17587c8 in min a",
        owner="authority",
        log="Swap",
        acts=(paid, got, Deed(fee_in_shares)),
        kind={"styles": ("plain",)},
    )
    return table_row(slug, where, pools_of(slug, *MIXED), swap, weight=0.5)


VENUES: tuple[Venue, ...] = (
    table_row(
        "jupiter_lend_dex",
        "jupZ4m2GqUCJ5iueMfzQf8khFfH31d4XAQt3RzCT9Vd",
        pools_of("jupiter_lend_dex", (USDC, USDT, 20_000_000), (MSOL, SOL, 4_000_000), fee_basis_points=1),
        _lend("swap_in", "8dac0ad04509389a", "in"),
        _lend("swap_out", "ce24950ea3849401", "out"),
        weight=2,
    ),
    table_row(
        "stabble_stable",
        "swapNyd8XiQwJ6ianp9snpu4brUqFxadzvHebnAXjJZ",
        pools_of("stabble_stable", *DOLLARS, (PYUSD, USDC, 300_000), fee_basis_points=1),
        *STABBLE,
    ),
    table_row(
        "stabble_weighted",
        "swapFpHZwjELNnjvThjajtiVmkz3yPQEHjLtka2fwHW",
        pools_of("stabble_weighted", *TAXED),
        *STABBLE,
    ),
    table_row(
        "saros_dlmm",
        "1qbkdrr3z4ryLA7pZykqxvxWPoeifcVKo6ZG9CfkvVE",
        pools_of("saros_dlmm", *TAXED),
        Form(
            name="swap",
            accounts="pool* mint_a mint_b bins_0* bins_1* vault_a* vault_b* user_a* user_b* user program_a program_b "
            "memo hook* hooks_program event_authority program",
            data="0xf8c69e91e17587c8 limits a exact_out",
            log="Swap",
            last=_bin_events,
            cost=70_000,
            kind={"exact": "either"} | BOTH,
        ),
    ),
    table_row(
        "crema",
        "CLMM9tUoggJu2wagPkkqs9eFG4BWhVBZWkP1qv3Sp7tR",
        pools_of("crema", *MIXED),
        _crema("swap", "token", "f8c69e91e17587c8", "40c6cde8260871e2"),
        _crema("swap_with_partner", "partner partner_a* partner_b* token", "85d7bfd666f33719", "5a1405fc91252696"),
    ),
    table_row(
        "cykura",
        "cysPXAjehMpVKUapzbMCCnpFxUFFryEWEaLgnb9NrR8",
        pools_of("cykura", *MIXED),
        Form(
            name="swap",
            accounts="user user_in* user_out* vault_in* vault_out* token factory pool* observation* callback",
            data="0xf8c69e91e17587c8 in z8",
            log="Swap",
            last=_logged(_cykura_event),
            kind={"partial": True, "styles": ("plain",)},
        ),
        Form(
            name="exact_input_single",
            accounts="user factory pool* user_in* user_out* vault_in* vault_out* observation* program token",
            data="0x17715aa1ed8f990d time in min z8",
            log="ExactInputSingle",
            acts=(got, paid),
            last=_logged(_cykura_event),
            kind={"partial": True, "styles": ("plain",)},
        ),
        weight=0.5,
    ),
    table_row(
        "invariant",
        "HyaB3W9q6XdA5xwpU4XnSZV94htfmbmqJXZcEbRaJutt",
        pools_of("invariant", *MIXED),
        Form(
            name="swap",
            accounts="state pool* tickmap* user_a* user_b* vault_a* vault_b* user program_authority token",
            data="0xf8c69e91e17587c8 a amount exact z16",
            owner="program_authority",
            log="Swap",
            acts=(got, paid),
            kind=EITHER | {"styles": ("plain",)},
        ),
    ),
    table_row(
        "onedex",
        "DEXYosS6oEGvk8uCDayvwEZz4qEyDJRf9nFgYCaqPMTm",
        pools_of("onedex", *MIXED),
        Form(
            name="swap_exact_amount_in",
            accounts="metadata pool* authority vault_a* vault_b* user user_a* user_b* referrer token",
            data="0x0897f54caccb9027 in min",
            owner="authority",
        ),
        Form(
            name="swap_exact_amount_out",
            accounts="metadata pool* authority vault_a* vault_b* user user_a* user_b* referrer token",
            data="0xfa1731862654db7d capped",
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
        _referred("in z16 a", "referrer_a_authority* referrer_b_authority*"),
        weight=0.3,
    ),
    table_row(
        "goosefx_gamma",
        "GAMMA7meSFWaBXF25oSUgmGRwaW6sCMFLmBNiMSdbHVT",
        pools_of("goosefx_gamma", *TAXED),
        _gamma("swap_base_input", "8fbe5adac41e33de", "in min", "in"),
        _gamma("swap_base_output", "37d96256a34ab4ad", "capped", "out"),
        _gamma("oracle_based_swap_base_input", "ef52c0bba01adfdf", "in min", "in"),
    ),
    table_row(
        "metadao_futarchy",
        "FUTARELBfJfQ8RDGhg1wdhddq1odMAJUePHFuBYfUxKq",
        pools_of("metadao_futarchy", *MIXED, (MOONCAT, STUDIO, 40_000)),
        Form(
            name="spot_swap",
            accounts="pool* user_a* user_b* vault_a* vault_b* user token event_authority program",
            data="0xa7610ce7ed4ea6fb in a min",
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
            data="0xc288dc59f2a9829d 0x01 a in min|0xc288dc59f2a9829d 0x02 a in min",
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
            data="0xf8c69e91e17587c8 in min",
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
            data="0x00 a 0x00 in min",
            kind={"styles": ("plain", "checked")},
        ),
    ),
    table_row(
        "raydium_stable",
        "5quBtoiQqxF9Jv6KYKctB59NT3gtJD2Y65kdnB1Uev3h",
        pools_of("raydium_stable", *DOLLARS, fee_basis_points=1),
        Form(
            name="swap_base_in",
            accounts=f"token pool* authority open_orders* {_RAYDIUM_STABLE}",
            data="0x09 in min",
            owner="authority",
            kind={"extendable": False, "styles": ("plain",)},
        ),
        Form(
            name="swap_base_out",
            accounts=f"token pool* authority open_orders* target_orders* {_RAYDIUM_STABLE}",
            data="0x0b capped",
            owner="authority",
            kind={"extendable": False, "exact": "out", "styles": ("plain",)},
        ),
        weight=0.5,
    ),
    table_row(
        "saber",
        "SSwpkEEcbUqx4vtoEByFjSkhKdCT862DNVb52nZg1UZ",
        pools_of("saber", *DOLLARS, fee_basis_points=1),
        Form(
            name="swap",
            accounts="pool authority user user_in* vault_in* vault_out* user_out* fee_out* token",
            data="0x01 in min",
            owner="authority",
            acts=(paid, got, fee_of_output("fee_out", 0.5)),
            kind={"styles": ("plain",)},
        ),
    ),
    table_row(
        "stableswap_ghost",
        "ghosty4ZU1Qk1HN7Ymz4pZ15QfspzJZgSYFkdKN6ZLK",
        pools_of("stableswap_ghost", *DOLLARS, fee_basis_points=1),
        Form(
            name="swap",
            accounts="user account_1 account_2 account_3 account_4 account_5 vault_a* vault_b* user_a* user_b* pool* "
            "account_11 account_12 account_13 account_14 account_15",
            data="0xf8c69e91e17587c8 in min",
        ),
    ),
    table_row(
        "mercurial",
        "MERLuDFBMmsHnsBPZw2sDQZHvXFMwp8EdjudcU2HKky",
        pools_of("mercurial", *DOLLARS, fee_basis_points=1),
        Form(
            name="exchange",
            accounts="pool* token authority user vault_a* vault_b* user_in* user_out*|"
            "pool* token authority user vault_a* vault_b* vault_2* user_in* user_out*|"
            "pool* token authority user vault_0* vault_a* vault_b* vault_3* user_in* user_out*",
            data="0x04 in min",
            owner="authority",
            kind={"extendable": False, "styles": ("plain",)},
        ),
    ),
    table_row(
        "perena",
        "NUMERUNsFCP3kuNmWZuXtm1AaQCPj9uw6Guv2Ekoi5P",
        pools_of("perena", *DOLLARS, (PYUSD, USDC, 700_000), fee_basis_points=1),
        _perena("swap_exact_in", "68688356a1bdb4d8", "0x0001 in min", "in"),
        _perena("swap_exact_out", "fa49652126cf4bb8", "0x0100 limits", "out"),
        _perena("swap_exact_in_hinted", "62eff4e910ec2831", "0x0001 in min r90", "in"),
        _perena("swap_exact_out_hinted", "99d0ce463eea62b6", "0x0001 limits r90", "out"),
    ),
)
