"""Market makers' own AMMs: two vault transfers, no events to speak of, arguments in every order."""

from collections.abc import Mapping
from functools import partial

from indexer.localnet.builder_keys import MEMO, TOKEN_2022, address, raw
from indexer.localnet.builder_market import Pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.form import (
    Act,
    Deed,
    Form,
    Given,
    fee_of_output,
    got,
    inner_call,
    majors,
    paid,
    table_row,
)
from indexer.localnet.programs.venue import Trade, Venue, u64, u128

BOTH = {"token_2022": True, "styles": ("checked", "plain", "batch")}
SCORCH_CORE = "ojh19ojaKduoJZuaJADhcVGp4xt1TcdAvZmpVsCorch"
SCORCH_HEAD = "vault_authority user user_in* user_out* vault_in* vault_out*"
TESSERA = "authority* pool* user vault_a* vault_b* {0} mint_a mint_b program_a program_b instructions"
TESSERA_USERS = ("user_a* user_b*", "user_in* user_out*")


def unknown(first: int, last: int) -> str:
    """Accounts of which only the number is known."""
    return " ".join(f"account_{at}" for at in range(first, last + 1))


def _memo(act: Act) -> None:
    """Stands between the transfers where one of the mints is of Token-2022."""
    if TOKEN_2022 in {act.trade.mint_in.program, act.trade.mint_out.program}:
        with act.scene.call(MEMO, [], b"scorch", cost=5_000):
            pass


_scorch_price = inner_call(SCORCH_CORE, "oracle config_in config_out pool", "xd067becfc51b7495 r17")


def _zerofi_log(act: Act) -> None:
    act.scene.log_data(b"\x43\x70\x00\x1e" + act.scene.draw.randbytes(662))


def per_mint(*names: str) -> Given:
    """Accounts that belong to a mint, not to a pair: ``market`` gives market_in and market_out."""

    def given(_scene: Scene, trade: Trade) -> Mapping[str, str]:
        return {
            f"{name}_{side}": address(trade.pool.program, name, mint.symbol)
            for name in names
            for side, mint in (("in", trade.mint_in), ("out", trade.mint_out))
        }

    return given


def _woofi_event(act: Act) -> None:
    trade = act.trade
    event = bytes.fromhex("40c6cde8260871e2") + raw(trade.user)
    event += raw(trade.mint_in.address) + raw(trade.mint_out.address) + u128(trade.amount_in) + u128(trade.amount_out)
    event += raw(trade.source) + raw(trade.target) + raw(act.account("rebate"))
    act.scene.log_data(event + u128(trade.amount_out) + u128(trade.fee))


def _denali_event(act: Act) -> None:
    trade = act.trade
    event = bytes.fromhex("96a61ae11c59264f") + raw(trade.pool.address) + bytes((trade.a_to_b,))
    act.scene.log_data(event + u64(trade.amount_in) + u64(trade.amount_out) + u64(act.scene.slot))


def prop(slug: str, where: str, tvl: float, *forms: Form, weight: float = 1.0, push: str = "") -> Venue:
    """A program with the pools a market maker keeps; of any tokens where one of its instructions takes them.

    ``push``: data of the keeper's call that sets a price.
    """
    token_2022 = any(form.kind.get("token_2022") for form in forms)
    noise = partial(_push, where, push) if push else None
    pools = majors(slug, tvl, token_2022=token_2022)
    return table_row(slug, where, pools, *forms, weight=weight, routed=True, noise=noise)


def _push(where: str, tag: str, scene: Scene, pool: Pool) -> None:
    scene.writable.add(pool.address)
    accounts = [scene.payer, pool.address, address(pool.address, "quotes")]
    with scene.call(where, accounts, bytes.fromhex(tag) + scene.draw.randbytes(40), cost=600):
        pass


VENUES: tuple[Venue, ...] = (
    prop(
        "tessera_v",
        "TessVdML9pBGgG9yGks7o4HewRaXVAMuoVj4x83GLQH",
        9_000_000,
        Form(
            name="swap_tag_10",
            accounts="|".join(TESSERA.format(users) for users in TESSERA_USERS),
            data="x10 sells offered least",
            owner="authority",
            kind=BOTH,
        ),
        Form(
            name="swap_tag_11",
            accounts="|".join(TESSERA.format(users) + " global_2 global_3" for users in TESSERA_USERS),
            data="x11 sells offered least|x11 sells offered least r1",
            owner="authority",
            kind=BOTH,
        ),
        weight=4,
    ),
    prop(
        "scorch",
        "SCoRcH8c2dpjvcJD6FiPbCSQyQgu3PcUAWj2Xxx3mqn",
        8_000_000,
        Form(
            name="swap",
            accounts=f"{SCORCH_HEAD} mint_in mint_out program_in program_out memo core oracle config_in* config_out* "
            "pool* instructions",
            data="x0280 z16 offered least|x02a0 r16 offered least",
            owner="vault_authority",
            given=lambda _scene, _trade: {"core": SCORCH_CORE},
            first=_scorch_price,
            acts=(paid, Deed(_memo), got),
            kind=BOTH | {"styles": ("checked", "plain")},
        ),
        Form(
            name="swap_compact",
            accounts=f"{SCORCH_HEAD} {unknown(6, 10)} pool*",
            data="x0180 z16 offered least|x01a0 r16 offered least",
            owner="vault_authority",
            first=_scorch_price,
        ),
        weight=4,
    ),
    prop(
        "quantum",
        "QuaNtZsgYRe5Z9Bk4LZ4cTD9tbkVoyCNf1R2BN9bBDv",
        6_000_000,
        Form(
            name="swap_tag_07",
            accounts="user user_a* user_b* pool* vault_a* vault_b* config token clock instructions",
            data="x07 offered least buys",
        ),
        weight=3,
    ),
    prop(
        "goonfi_v2",
        "goonuddtQRrWqqn5nFyczVKaie28f3kDkHWkHtURSLE",
        6_000_000,
        Form(
            name="swap_tag_01",
            accounts="user pool* user_a* user_b* vault_a* vault_b* mint_a mint_b oracle global instructions program_a "
            "program_b constant",
            data="x01 sells offered least|x01 sells offered least r1",
            last=lambda act: act.scene.write_log("Program log: 00000000181cff6c-00000000192afc86-00000000-00000001"),
            kind=BOTH,
        ),
        weight=3,
    ),
    prop(
        "alphaq",
        "ALPHAQmeA7bjrVuccPsYPiCvsi428SNwte66Srvs4pHA",
        5_000_000,
        Form(
            name="swap_tag_0c",
            accounts="user pool* stats* user_a* user_b* vault_a* vault_b* vault_a vault_in vault_b token instructions",
            data="x0c sells offered least|x0c sells offered z8",
        ),
        weight=3,
    ),
    prop(
        "aquifer",
        "AQU1FRd7papthgdrwPTTq5JacJh8YtwEXaBfKU3bTz45",
        2_000_000,
        Form(
            name="swap_tag_01",
            accounts="instructions user program_out user_out* mint_out program_in user_in* mint_in seed pool* quote_1 "
            "quote_2 coin_out vault_out* coin_in vault_in*",
            data="x01 offered",
            acts=(got, paid),
            kind=BOTH,
        ),
        weight=2,
    ),
    prop(
        "zerofi",
        "ZERor4xhbUycZ6gb9ntrhqscUcZmAbQDjEAtCf4hbZY",
        900_000,
        Form(
            name="swap_v4",
            accounts="pool* oracle companion_in* vault_in* companion_out* vault_out* user_in* user_out* user program_a "
            "mint_a program_b mint_b instructions",
            data="x10 offered least|x10 offered least r1|x10 offered least r40",
            owner="vault_out",
            log="swap",
            last=_zerofi_log,
            kind=BOTH,
        ),
        Form(
            name="swap_v1",
            accounts="pool* companion_in* vault_in* companion_out* vault_out* user_in* user_out* user token "
            "instructions",
            data="x06 offered least",
            owner="vault_out",
            log="swap",
            last=_zerofi_log,
        ),
    ),
    prop(
        "flux",
        "FLUX6xBayGxLX9UcimVRxXFMHH6q43mAbRvDzSpCsvfK",
        900_000,
        Form(
            name="swap_tag_03",
            accounts=f"user pool* vault_a* vault_b* user_a* user_b* {unknown(6, 10)}",
            data="x03 least offered buys",
        ),
    ),
    prop(
        "woofi",
        "WooFif76YGRNjk1pA8wCsN67aQsD9f9iLsz4NcJ1AVb",
        500_000,
        Form(
            name="swap",
            accounts="config token user oracle_in* market_in* user_in* vault_in* price_in* oracle_out* market_out* "
            "user_out* vault_out* price_out* quote_pool* quote_price quote_vault* rebate",
            data="xf8c69e91e17587c8 offered:16 least:16",
            pool="market_in market_out",
            owner="market_out",
            log="Swap",
            given=per_mint("oracle", "market", "price"),
            last=_woofi_event,
        ),
    ),
    prop(
        "kipseli",
        "3TK9D8aoBFYjYZtKCjciPrVrRStsnvo7KmpcJqDavpaU",
        400_000,
        Form(
            name="swap_v3",
            accounts="user pool* vault_a* vault_b* mint_a mint_b user_a* user_b* token system real_user ban_1 ban_2",
            data="xf0e02621b01ff1af offered least buys",
        ),
        Form(
            name="swap_v2",
            accounts="user pool* vault_a* vault_b* mint_a mint_b user_a* user_b* token system real_user",
            data="x2b04ed0b1ac91e62 offered least buys",
        ),
    ),
    prop(
        "gatorswap",
        "gatorLx9aC1e5ZWAXscv5QRKiLXnLPLXjftVc81h1Hr",
        400_000,
        Form(
            name="swap",
            accounts=f"user user_a* user_b* pool* vault_a* vault_b* {unknown(6, 12)}",
            data="offered @mint_in x01",
        ),
        Form(
            name="swap_signed_quote",
            accounts=f"user user_a* user_b* pool* vault_a* vault_b* {unknown(6, 12)}",
            data="offered @mint_in r72 x01",
        ),
    ),
    prop(
        "hadron",
        "HADRoNbLovyqhCsocfYQYB7QdfCAAinN9HTePvBCVDQ8",
        400_000,
        Form(
            name="swap_tag_03",
            accounts="program_a program_b pool* asset_a* asset_b* history_a* authority user user_in* vault_in* "
            "vault_out* user_out* global fee_out* clock meta",
            data="x03 sells offered least deadline",
            owner="authority",
            acts=(paid, got, fee_of_output("fee_out", 0.1)),
            kind=BOTH,
        ),
    ),
    prop(
        "denali",
        "DNL1tgEj3nJovHw9jtyCCQD3arssCJzkmpDizknwzey4",
        400_000,
        Form(
            name="swap_exact_in",
            accounts="user pool* mint_a mint_b vault_a* vault_b* program_a program_b oracle config user_a* user_b*",
            data="x68688356a1bdb4d8 sells offered least",
            last=_denali_event,
            kind=BOTH,
        ),
    ),
    # gone or nearly so: what history holds
)
