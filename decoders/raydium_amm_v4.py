"""Raydium AMM v4: constant product pools, once with an order book behind them; one-byte tags."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, EXACT_OUT
from decoders.engine.spec import Program, SwapIx

_BASE_IN = Event("ray_log", "amount_in:u64 _:u64 _:u64 _:u64 _:u64 _:u64 amount_out:u64", tag=b"\x03", via="log")
_BASE_OUT = Event("ray_log", "_:u64 amount_out:u64 _:u64 _:u64 _:u64 _:u64 amount_in:u64", tag=b"\x04", via="log")
_ROWS = (
    ("swap_base_in", b"\x09", EXACT_IN, _BASE_IN),
    ("swap_base_out", b"\x0b", EXACT_OUT, _BASE_OUT),
    ("swap_base_in_v2", b"\x10", EXACT_IN, _BASE_IN),
    ("swap_base_out_v2", b"\x11", EXACT_OUT, _BASE_OUT),
)
#: with the order book's accounts, also without the pool's own order account; the v2 instructions know neither
_BOOK = ((18, (5, 6), (15, 16), 17), (17, (4, 5), (14, 15), 16))
_PLAIN = ((8, (3, 4), (5, 6), 7),)

PROGRAM = Program(
    name="raydium_amm_v4",
    address="675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name, tag=tag, accounts=accounts, pool=1, vaults=vaults, users=users, user=user, args=args, events=(event,)
        )
        for name, tag, args, event in _ROWS
        for accounts, vaults, users, user in (_PLAIN if name.endswith("_v2") else _BOOK)
    ),
    # initialize, initialize2, monitor_step, deposit, withdraw, migrate_to_open_book, settings, simulate_info
    others=tuple(bytes((tag,)) for tag in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15)),
)
