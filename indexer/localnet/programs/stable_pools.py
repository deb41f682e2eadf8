"""Stable and weighted pools, and lending with an exchange, as rows of a table."""

from collections.abc import Callable

from indexer.localnet.builder_market import MSOL, PYUSD, SOL, USDC, USDT
from indexer.localnet.programs.form import (
    Act,
    Deed,
    Form,
    Move,
    fee_of_output,
    got,
    paid,
    pools_of,
    table_row,
)
from indexer.localnet.programs.pools import DOLLARS, TAXED, logged
from indexer.localnet.programs.venue import Venue, u64

LIQUIDITY = "jupeiUmn818Jg1ekPURTpr4mFo29p46vygyykFJ3wZC"
STABBLE_VAULT = "vo1tWgqZMjG61Z2T9qUaMYKqZ75CYzMuaZ2LZP1n7HV"


def _nested(program: str, accounts: str, data: Callable[[Act], bytes], *moves: Move) -> Deed:
    """Transfers that happen one program deeper."""
    names = tuple(accounts.split())

    def run(act: Act) -> None:
        with act.scene.call(program, [act.account(name) for name in names], data(act), cost=9_000):
            act.scene.transfers(act.trade.style, *(move(act) for move in moves))

    return Deed(run)


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
        data=f"x{tag} sells amount limit",
        owner="account_21",
        given=lambda _scene, _trade: {"liquidity": LIQUIDITY},
        acts=(
            _nested(LIQUIDITY, "pool user_in vault_in", operate, paid),
            _nested(LIQUIDITY, "pool vault_out user_out", operate, got),
        ),
        last=logged(_lend_event),
        cost=90_000,
        kind={"exact": exact, "styles": ("checked",)},
    )


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
        data=f"x{tag} x01 offered least|x{tag} x00 least",
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


_PERENA = "pool* mint_in* mint_out* user_in* user_out* vault_in* vault_out* config user token token_2022"


_RAYDIUM_STABLE = (
    "vault_a* vault_b* model serum_program serum_market* bids* asks* events* serum_a* serum_b* serum_signer "
    "user_in* user_out* user"
)


def _perena(name: str, tag: str, data: str, exact: str) -> Form:
    return Form(name=name, accounts=_PERENA, data=f"x{tag} {data}", kind={"exact": exact, "token_2022": True})


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
        "raydium_stable",
        "5quBtoiQqxF9Jv6KYKctB59NT3gtJD2Y65kdnB1Uev3h",
        pools_of("raydium_stable", *DOLLARS, fee_basis_points=1),
        Form(
            name="swap_base_in",
            accounts=f"token pool* authority open_orders* {_RAYDIUM_STABLE}",
            data="x09 offered least",
            owner="authority",
            kind={"extendable": False, "styles": ("plain",)},
        ),
        Form(
            name="swap_base_out",
            accounts=f"token pool* authority open_orders* target_orders* {_RAYDIUM_STABLE}",
            data="x0b most received",
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
            data="x01 offered least",
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
            data="xf8c69e91e17587c8 offered least",
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
            data="x04 offered least",
            owner="authority",
            kind={"extendable": False, "styles": ("plain",)},
        ),
    ),
    table_row(
        "perena",
        "NUMERUNsFCP3kuNmWZuXtm1AaQCPj9uw6Guv2Ekoi5P",
        pools_of("perena", *DOLLARS, (PYUSD, USDC, 700_000), fee_basis_points=1),
        _perena("swap_exact_in", "68688356a1bdb4d8", "x0001 offered least", "in"),
        _perena("swap_exact_out", "fa49652126cf4bb8", "x0100 amount limit", "out"),
        _perena("swap_exact_in_hinted", "62eff4e910ec2831", "x0001 offered least r90", "in"),
        _perena("swap_exact_out_hinted", "99d0ce463eea62b6", "x0001 amount limit r90", "out"),
    ),
)
