"""Hylo's layouts: liquid staking tokens, other collateral, hyUSD and xSOL against each other.

Accounts, arguments and events over time are those of its published interface (github.com/hylo-so/sdk). There is one
payment and one receipt; what the fee vault gets beside is part of the amount asked for. Its events state collateral
with nine decimals whatever the mint has, so that only its own coins and staked tokens are compared.
"""

from decoders.engine.amounts import one_transfer_each
from decoders.engine.events import Event
from decoders.engine.spec import Args, SwapIx, at_most, exact

_Pair = tuple[int, int]
_UP_TO = Args("amount:u64", (at_most("in", "amount"),))
_WHOLE = Args("amount:u64", (exact("in", "amount"),))
#: names, accounts, pool, vaults, users, mints, fee vaults; where a coin is minted and burned its mint is the vault
_ROWS: tuple[tuple[str, int, int, _Pair, _Pair, _Pair, tuple[int, ...]], ...] = (
    ("swap_lst", 16, 1, (5, 10), (3, 8), (2, 7), (13,)),
    ("swap_lst_to_lst", 17, 1, (5, 10), (3, 8), (2, 7), (13,)),
    ("swap_lst_to_usdc swap_lst_to_usdc_all swap_usdc_to_lst", 25, 4, (11, 12), (14, 15), (16, 17), ()),
    ("swap_lst_to_usdc swap_usdc_to_lst", 18, 4, (7, 8), (9, 10), (11, 12), ()),
    ("swap_lst_to_usdc swap_usdc_to_lst", 17, 3, (6, 7), (8, 9), (10, 11), ()),
    ("swap_exo_to_usdc swap_exo_to_usdc_all swap_usdc_to_exo", 25, 3, (10, 11), (13, 14), (15, 16), ()),
    ("swap_exo_to_usdc swap_usdc_to_exo", 18, 2, (6, 7), (9, 8), (11, 10), ()),
    ("swap_exo_to_usdc swap_usdc_to_exo", 17, 1, (5, 6), (8, 7), (10, 9), ()),
    ("swap_stable_to_lever swap_lever_to_stable", 12, 1, (3, 8), (7, 10), (3, 8), (6,)),
    ("convert_stable_to_lever_lst convert_lever_to_stable_lst", 12, 1, (3, 8), (7, 10), (3, 8), (6,)),
    ("convert_stable_to_lever_exo convert_lever_to_stable_exo", 16, 2, (11, 12), (10, 9), (11, 12), (8,)),
    ("mint_stablecoin mint_levercoin mint_stablecoin_lst mint_levercoin_lst", 14, 1, (6, 11), (8, 9), (10, 11), (5,)),
    ("mint_stablecoin_exo mint_levercoin_exo", 14, 2, (6, 11), (8, 9), (10, 11), (7,)),
    ("mint_stablecoin_usdc redeem_stablecoin_usdc", 16, 2, (7, 12), (11, 10), (13, 12), (8, 9)),
    ("redeem_stablecoin_lst redeem_levercoin_lst", 13, 1, (9, 5), (7, 8), (9, 10), (4,)),
    ("redeem_stablecoin redeem_levercoin", 13, 1, (9, 5), (7, 8), (9, 10), (4,)),
    ("redeem_stablecoin", 18, 1, (10, 6), (8, 9), (10, 11), (5,)),
    ("redeem_levercoin", 18, 1, (9, 5), (7, 8), (9, 11), (4,)),
    ("redeem_levercoin", 19, 1, (10, 6), (8, 9), (10, 12), (5,)),
    ("redeem_stablecoin_exo redeem_levercoin_exo", 13, 2, (10, 5), (7, 8), (10, 9), (6,)),
)
#: the amount is burned whole: fees are taken from what is received
_BURNED_WHOLE = ("redeem_stablecoin", "redeem_levercoin", "swap_lever", "convert_lever")
_FROM_STABLE = "amount_in:u64 _:u8 fee_in_protocol:u64 _:u8 _:u64 _:u8 amount_out:u64"
_FROM_LEVER = "amount_in:u64 _:u8 _:u64 _:u8 amount_out:u64 _:u8 fee_out_protocol:u64"
_FROM_LST = "_:pubkey _:u64 _:u8 fee_in_protocol:u64 _:u8 _:pubkey amount_out:u64"
#: a number is followed by its exponent; an instruction's events, the newest first
_EVENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "swap_lst": (("SwapLstEventV0", _FROM_LST),),
    "swap_lst_to_lst": (("SwapLstToLstEvent", _FROM_LST),),
    "swap_lst_to_usdc": (("SwapLstToUsdcEvent", "_:pubkey amount_in:u64"),),
    "swap_lst_to_usdc_all": (("SwapLstToUsdcEvent", "_:pubkey amount_in:u64"),),
    "swap_stable_to_lever": (("SwapStableToLeverEventV1", _FROM_STABLE),),
    "swap_lever_to_stable": (("SwapLeverToStableEventV1", _FROM_LEVER),),
    "convert_stable_to_lever_lst": (("ConvertStableToLeverLstEvent", _FROM_STABLE),),
    "convert_lever_to_stable_lst": (("ConvertLeverToStableLstEvent", _FROM_LEVER),),
    "convert_stable_to_lever_exo": (("ConvertStableToLeverExoEvent", f"_:pubkey {_FROM_STABLE}"),),
    "convert_lever_to_stable_exo": (("ConvertLeverToStableExoEvent", f"_:pubkey {_FROM_LEVER}"),),
    "mint_stablecoin_usdc": (("MintStablecoinUsdcEvent", "_:u64 _:u8 _:u64 _:u8 amount_out:u64"),),
    "redeem_stablecoin_usdc": (
        ("RedeemStablecoinUsdcEvent", "amount_in:u64 _:u8 fee_in_protocol:u64 _:u8 amount_out:u64"),
    ),
}
for _coin in ("stablecoin", "levercoin"):
    for _way, _text in (("mint", "amount_out:u64"), ("redeem", "amount_in:u64")):
        _names = f"{_way.title()}{_coin.title()}"
        _EVENTS |= {
            f"{_way}_{_coin}": tuple((f"{_names}EventV{version}", _text) for version in (2, 1, 0)),
            f"{_way}_{_coin}_lst": ((f"{_names}LstEvent", _text),),
            f"{_way}_{_coin}_exo": ((f"{_names}ExoEvent", f"_:pubkey {_text}"),),
        }


def _args(name: str) -> Args | None:
    if name.endswith("_all"):
        return None
    whole = name.startswith(_BURNED_WHOLE) and name != "redeem_stablecoin_usdc"
    return _WHOLE if whole else _UP_TO


HYLO = tuple(
    SwapIx(
        name, accounts=accounts, pool=pool, vaults=vaults, users=users, mints=mints, user=0,
        amounts=one_transfer_each, args=_args(name), pays=tuple(("protocol", at) for at in fees),
        events=tuple(Event(event, text, via="call") for event, text in _EVENTS.get(name, ())),
    )
    for names, accounts, pool, vaults, users, mints, fees in _ROWS
    for name in names.split()
)  # fmt: skip
