"""Layouts that several programs share, forks above all."""

from decoders.engine.conversions import Lamports
from decoders.engine.events import Event
from decoders.engine.hops import router_base_in
from decoders.engine.spec import Args, Leg, SwapIx, at_least, at_most, exact

#: the input is taken whole, the output has a floor
EXACT_IN = Args("amount_in:u64 minimum_out:u64", (exact("in", "amount_in"), at_least("out", "minimum_out")))
#: the output is given exactly, the input has a ceiling
EXACT_OUT = Args("maximum_in:u64 amount_out:u64", (at_most("in", "maximum_in"), exact("out", "amount_out")))
#: a price limit may leave part of the input unspent
UP_TO_IN = Args("amount_in:u64 minimum_out:u64", (at_most("in", "amount_in"), at_least("out", "minimum_out")))
#: the same as EXACT_OUT with the output first
OUT_FIRST = Args("amount_out:u64 maximum_in:u64", (exact("out", "amount_out"), at_most("in", "maximum_in")))
#: a curve that runs out gives less than was asked for
OUT_FIRST_UP_TO = Args("amount_out:u64 maximum_in:u64", (at_most("out", "amount_out"), at_most("in", "maximum_in")))

_BY_INPUT_OR_OUTPUT = (
    at_most("in", "amount", when=("by_input", 1)),
    at_least("out", "threshold", when=("by_input", 1)),
    at_most("out", "amount", when=("by_input", 0)),
    at_most("in", "threshold", when=("by_input", 0)),
)
#: concentrated liquidity: the amount bounds the input or the output, the price limit may stop it early
CLMM_ARGS = Args("amount:u64 threshold:u64 _:u128 by_input:bool", _BY_INPUT_OR_OUTPUT)
#: two of these in one instruction: input of the first, output of the second
TWO_HOP_ARGS = Args("amount:u64 threshold:u64 by_input:bool", _BY_INPUT_OR_OUTPUT)
#: Meteora's second generation: exact input, partial fill, exact output
SWAP_MODE_ARGS = Args(
    "amount_0:u64 amount_1:u64 mode:u8",
    (
        exact("in", "amount_0", when=("mode", 0)),
        at_most("in", "amount_0", when=("mode", 1)),
        at_most("in", "amount_1", when=("mode", 2)),
        exact("out", "amount_0", when=("mode", 2)),
        at_least("out", "amount_1", when=("mode", 0)),
        at_least("out", "amount_1", when=("mode", 1)),
    ),
)

_RAYDIUM_CLMM_EVENT = Event(
    "SwapEvent",
    "pool:pubkey _:pubkey _:pubkey _:pubkey net_in:u64 transfer_fee_in:u64 net_out:u64 transfer_fee_out:u64"
    " forward:bool | _:u128 _:u128 _:i32 fee_in_lp:u64 fee_out_lp:u64",
    via="log",
)
#: Raydium CLMM and its forks
RAYDIUM_CLMM = (
    SwapIx(
        "swap",
        accounts=9,
        pool=2,
        vaults=(5, 6),
        users=(3, 4),
        user=0,
        args=CLMM_ARGS,
        events=(_RAYDIUM_CLMM_EVENT,),
    ),
    SwapIx(
        "swap_v2",
        accounts=13,
        pool=2,
        vaults=(5, 6),
        users=(3, 4),
        mints=(11, 12),
        user=0,
        args=CLMM_ARGS,
        events=(_RAYDIUM_CLMM_EVENT,),
    ),
    SwapIx(
        "swap_router_base_in",
        accounts=13,
        user=0,
        legs=router_base_in,
        args=EXACT_IN,
        events=(_RAYDIUM_CLMM_EVENT,),
    ),
)

_TRADED = Event(
    "Traded",
    "pool:pubkey _:bool _:u128 _:u128 amount_in:u64 amount_out:u64 transfer_fee_in:u64 transfer_fee_out:u64"
    " fee_in_lp:u64 fee_in_protocol:u64",
    via="log",
)
#: Orca Whirlpools and its forks
WHIRLPOOL = (
    SwapIx("swap", accounts=11, pool=2, vaults=(4, 6), users=(3, 5), user=1, args=CLMM_ARGS, events=(_TRADED,)),
    SwapIx(
        "swap_v2",
        accounts=15,
        pool=4,
        vaults=(8, 10),
        users=(7, 9),
        mints=(5, 6),
        user=3,
        args=CLMM_ARGS,
        events=(_TRADED,),
    ),
    SwapIx(
        "two_hop_swap",
        accounts=20,
        user=1,
        legs=(Leg(pool=2, vaults=(5, 7), users=(4, 6)), Leg(pool=3, vaults=(9, 11), users=(8, 10))),
        args=TWO_HOP_ARGS,
        events=(_TRADED,),
    ),
    # the vaults of the two pools pay each other: one transfer is the output of the first and the input of the second
    SwapIx(
        "two_hop_swap_v2",
        accounts=24,
        user=14,
        legs=(
            Leg(pool=0, vaults=(9, 10), users=(8, 11), mints=(2, 3)),
            Leg(pool=1, vaults=(11, 12), users=(10, 13), mints=(3, 4)),
        ),
        args=TWO_HOP_ARGS,
        events=(_TRADED,),
    ),
)

_PAIR = "pool:pubkey _:pubkey {a}:u64 {b}:u64 _:u128 _:u128 fee_{side}_platform:u64"


def _pair(name: str, text: str) -> tuple[Event, ...]:
    return tuple(Event(name, text, via=via) for via in ("call", "log"))


#: launchpads where a buy pays the first mint and a sale the second; the amount in the first may hold the fee or not
PAIR_BUY = _pair("BuyEvent", _PAIR.format(a="_", b="amount_out", side="in"))
PAIR_SELL = _pair("SellEvent", _PAIR.format(a="_", b="amount_in", side="out"))

_LAMPORTS_IN = Args("amount_in:u64", (exact("in", "amount_in"),))
_LAMPORTS_MIN = Args("amount_in:u64 minimum_out:u64", (exact("in", "amount_in"), at_least("out", "minimum_out")))
#: the pool's fee is part of the tokens given, and is moved instead of burned
_TOKENS_IN = Args("amount_in:u64", (at_most("in", "amount_in"),))
_TOKENS_MIN = Args("amount_in:u64 minimum_out:u64", (at_most("in", "amount_in"), at_least("out", "minimum_out")))


def _deposit_sol(name: str, tag: bytes, args: Args) -> SwapIx:
    leg = Leg(pool=0, curve=2, vaults=(7,), users=(4,), mints=(7,))
    return SwapIx(name, tag=tag, accounts=10, user=3, legs=(leg,), amounts=Lamports(wallet=3, stores=(2,)), args=args)


def _withdraw_sol(name: str, tag: bytes, args: Args) -> SwapIx:
    leg = Leg(pool=0, curve=4, vaults=(7,), users=(3,), mints=(7,))
    return SwapIx(
        name, tag=tag, accounts=12, user=2, legs=(leg,), amounts=Lamports(wallet=5, stores=(4,)), args=args,
        pays=(("pool", 6),),
    )  # fmt: skip


#: SPL stake pools: SOL in and out of the reserve; what goes through stake accounts is no token against a token
STAKE_POOL = (
    _deposit_sol("deposit_sol", b"\x0e", _LAMPORTS_IN),
    _deposit_sol("deposit_sol_with_slippage", b"\x19", _LAMPORTS_MIN),
    _withdraw_sol("withdraw_sol", b"\x10", _TOKENS_IN),
    _withdraw_sol("withdraw_sol_with_slippage", b"\x1a", _TOKENS_MIN),
)
STAKE_POOL_OTHERS = tuple(bytes((tag,)) for tag in (*range(14), 15, *range(17, 25)))
