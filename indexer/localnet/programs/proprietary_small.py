"""Market makers' own AMMs that trade little, or no longer."""

from indexer.localnet.builder_market import MOONCAT, STUDIO, USDC
from indexer.localnet.programs.form import (
    Deed,
    Form,
    fee_in_shares,
    fee_of_output,
    got,
    inner_call,
    paid,
    pools_of,
    table_row,
)
from indexer.localnet.programs.proprietary import BOTH, per_mint, prop, unknown
from indexer.localnet.programs.venue import Venue

METRIC_ORACLE = "CvGnk4HouriGypBTZhYc76esyN5kWBepWueYVeSpR1L1"


LIFINITY = Form(
    name="swap",
    accounts="authority pool* user user_in* user_out* vault_in* vault_out* lp_mint* fee_account* token oracle_main "
    "oracle_sub oracle_pc",
    data="xf8c69e91e17587c8 offered least",
    owner="authority",
    log="Swap",
    acts=(paid, Deed(fee_in_shares), got),
    kind={"styles": ("plain", "checked")},
)


OBRIC = "pool* mint_a mint_b vault_a* vault_b* user_a* user_b* fee_out* feed_a feed_b user token"


WHALESTREET = "pool* user_a* user_b* vault_a* vault_b* user token instructions"


def _quay_best_of(count: int) -> str:
    """The best of several strategies on one pair does the swap; each place in the list may be its own."""
    kinds = ("pool*", "market_maker*", "quotes", "vault_a*", "vault_b*")
    return "|".join(
        "config user* user_a* user_b* mint_a mint_b "
        + " ".join(kind if at == best else f"other_{at}_{kind}" for kind in kinds for at in range(count))
        + " instructions token"
        for best in range(count)
    )


PREDICT = f"user user_a* user_b* pool* vault_a* vault_b* account_6 account_7 vault_c* {unknown(9, 17)}"


VENUES: tuple[Venue, ...] = (
    prop(
        "riptide",
        "riptK81hDxhe5pW5jSzSM9iRA8azgEgLJ4dXkPtBS7j",
        400_000,
        Form(
            name="swap_tag_02",
            accounts=f"user pool* account_2 account_3 user_a* user_b* vault_a* vault_b* {unknown(8, 11)}",
            data="x02 r11",
        ),
    ),
    prop(
        "obsidian",
        "HBVw6bZtcCaezhcBrmfyXBSBRWCdv72271xQ4GPvms2z",
        400_000,
        Form(
            name="swap_tag_01",
            accounts="user pool* vault_out* vault_in* user_in* user_out* account_6 account_7|"
            "user pool* vault_in* vault_out* user_in* user_out* account_6 account_7",
            data="x01 offered",
        ),
    ),
    prop(
        "flint",
        "FLiNTXPwppyoJabCoxc2uiiRygAHpmMXajiDXo2Ub1z",
        400_000,
        Form(
            name="swap_tag_06",
            accounts="user instructions market_in* market_out* user_in* vault_in* user_out* vault_out* "
            f"{unknown(8, 10)}",
            data="x06 offered r1|x06 offered r2",
            pool="market_in market_out",
            owner="market_out",
            given=per_mint("market"),
        ),
    ),
    prop(
        "metric",
        "Bvs46DPFxiFE6YHxLDLD6QAUcmy51FyRVPZJusPxLk3j",
        400_000,
        Form(
            name="swap_tag_01",
            accounts=f"user pool* mint_a mint_b vault_a* vault_b* user_a* user_b* {unknown(8, 14)}",
            data="x01 offered x01 buys least:16",
            first=inner_call(METRIC_ORACLE, "account_8 account_9", "x03 r8"),
        ),
    ),
    prop(
        "binaryfi",
        "B72M6nyCLFgWiJtAN4naUTminMiTmyGcEqQHXwVeRdht",
        400_000,
        Form(
            name="swap_tag_08",
            accounts="user config pool* vault_authority mint_a mint_b vault_a* vault_b* user_a* user_b* program_a "
            "program_b instructions account_13",
            data="x08 r16",
            owner="vault_authority",
            kind=BOTH,
        ),
        push="04",
    ),
    prop(
        "taurusfi",
        "9VX8EKBg6vM6tA68xaDsPkbrx26XConZjkQmhVApUptc",
        400_000,
        Form(
            name="swap_tag_08",
            accounts=f"vault_a* vault_b* user user_a* user_b* vault_authority config pool* {unknown(8, 13)}",
            data="x08 r18|x08 offered x0001",
            owner="vault_authority",
        ),
    ),
    prop(
        "whalestreet",
        "FW6zUqn4iKRaeopwwhwsquTY6ABWLLgjxtrC3VPnaWBf",
        1_500_000,
        Form(name="swap_2b04", accounts=WHALESTREET, data="x2b04ed0b1ac91e62 r33"),
        Form(name="swap_f8c6", accounts=WHALESTREET, data="xf8c69e91e17587c8 r33"),
        Form(name="swap_01", accounts=WHALESTREET, data="x01 r41"),
    ),
    prop(
        "quay",
        "QUayE6nexQWYNZAEqfN8FxoNwQDSu3CAzT2qq9J1ArG",
        900_000,
        Form(
            name="swap_tag_20",
            accounts="config pool* market_maker* quotes vault_in* vault_out* user_in* user_out* user* mint_in mint_out "
            "instructions token",
            owner="market_maker",
            data="x20 offered least buys",
        ),
        Form(name="agg_swap_tag_21", accounts=_quay_best_of(5), owner="market_maker", data="x21 offered least buys"),
        push="04",
    ),
    prop(
        "lemmingsfi",
        "BQEJZUB4CzoT6UhRffoCkqCyqQNrCPCSGHcPEmsdbEsX",
        200_000,
        Form(
            name="swap",
            accounts="user config pool* vault_a* vault_b* user_a* user_b* token instructions",
            data="xf8c69e91e17587c8 sells offered least",
        ),
        Form(
            name="swap2",
            accounts="user config pool* vault_a* vault_b* user_a* user_b* token instructions",
            data="x414b3f4ceb5b5b88 sells offered least",
        ),
    ),
    table_row(
        "bisonfi_predict",
        "2DNbzPochEcyCcWMbL4d9S3u9QqQEj5bbe6cSZFvKsbh",
        pools_of("bisonfi_predict", (STUDIO, USDC, 60_000), (MOONCAT, USDC, 40_000)),
        Form(name="swap_tag_05", accounts=PREDICT, data="x05 r18"),
        Form(name="swap_tag_0e", accounts=PREDICT, data="x0e r19"),
        routed=True,
        weight=0.5,
    ),
    prop(
        "goonfi_v1",
        "goonERTdGsjnkZqWuVjs73BZ3Pb9qoCUdBUL17BnS5j",
        400_000,
        Form(
            name="swap_tag_02",
            accounts=f"user pool* user_a* user_b* vault_a* vault_b* {unknown(6, 8)}",
            data="x02 r2 offered z9|x02 r2 offered z8",
        ),
        weight=0.5,
    ),
    prop(
        "solfi_v1",
        "SoLFiHG9TfgtdUXUjWAxi3LtvYuFyDLVhBWxdMZxyCe",
        800_000,
        Form(
            name="swap_tag_07",
            accounts="user pool* vault_a* vault_b* user_a* user_b* token instructions",
            data="x07 offered least buys",
        ),
        weight=0.5,
    ),
    prop("lifinity_v1", "EewxydAPCCVuNEyrVN68PuSYdQ7wKn27V9Gjeoi8dy3S", 400_000, LIFINITY, weight=0.5),
    prop("lifinity_v2", "2wT8Yq49kHgDzXuPxZSaeLaH1qbmGXtEyPy64bL7aD3c", 800_000, LIFINITY, weight=0.5),
    prop(
        "obric_v2",
        "obriQD1zbpyLz95G5n7nJe6a4DPjpFwa5XYPoNm113y",
        400_000,
        Form(name="swap", accounts=OBRIC, data="xf8c69e91e17587c8 sells offered least", log="Swap"),
        Form(
            name="swap_x_to_y",
            accounts=OBRIC,
            data="xe24a29a6579b294b offered least",
            log="SwapXToY",
            kind={"side": "sell"},
        ),
        Form(
            name="swap_y_to_x",
            accounts=OBRIC,
            data="xdba8dbaea9dda45f offered least",
            log="SwapYToX",
            kind={"side": "buy"},
        ),
        Form(
            name="swap2",
            accounts=OBRIC,
            data="x414b3f4ceb5b5b88 sells offered least",
            log="Swap2",
            acts=(paid, got, fee_of_output("fee_out", 0.5)),
        ),
        weight=0.5,
    ),
)
