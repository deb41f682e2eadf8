"""Order books whose takers are paid in tokens at once: one swap, whatever number of orders it meets."""

from dataclasses import replace

from indexer.localnet.builder_market import BONK, JITOSOL, JUP, SOL, USDC, USDT, WIF, pool
from indexer.localnet.programs.resting import openbook_order, phoenix_order
from indexer.localnet.programs.table import Paid, Row, Table

_NONE = "x0000000000000000"


# Phoenix: tag 0, an immediate-or-cancel packet, tokens out before tokens in, its log sent to itself with tag 0x0f
_PHOENIX = Table("phoenix", "PhoeNiXZ8ByJGLkxNfZRnkUfjvmuYqLR89jjFHGqdXY")
_PACKET = f"x0002 sells x00 a_in b_in {_NONE} {_NONE} x01 x00 {_NONE} {_NONE} x00"
_HEADER = "x0f0100 slot time slot @pool @user"
_SUMMARY = f"{_NONE} {_NONE} a b x6400000000000000"


def _phoenix(fills: int, packet: str) -> Row:
    parts = [f"a/{fills}"] * (fills - 1) + [f"a/{fills}+"]
    events = [f"x02 x{at:02x}00 @maker slot x204e000000000000 {part} {_NONE}" for at, part in enumerate(parts)]
    return Row(
        accounts="program event_authority pool* user user_a* user_b* vault_a* vault_b* token",
        data=packet,
        authority="vault",
        output_first=True,
        event=f"{_HEADER} x{fills + 1:02x}00 {' '.join(events)} x06 x{fills:02x}00 {_SUMMARY}",
        via="raw",
    )


def _limit(fills: int) -> Row:
    """A limit order that is met in full at once."""
    packet = f"x0201 sells slot a x01 x00 {_NONE} {_NONE} x000000 x01"
    row = _phoenix(fills, packet)
    accounts = row.accounts.replace("user ", "user seat ", 1)
    head = _HEADER.replace("x0f0100", "x0f0102")
    quiet = f"{head} x0100 x06 x0000 {' '.join([_NONE] * 5)}"
    return replace(row, accounts=accounts, event=row.event.replace(_HEADER, head), quiet=quiet)


PHOENIX = _PHOENIX.venue(
    (pool("phoenix", SOL, USDC, 900_000, 2), pool("phoenix", WIF, SOL, 120_000), pool("phoenix", BONK, USDC, 90_000)),
    _PHOENIX.kind(
        "swap",
        {f"{fills} {end}": _phoenix(fills, f"{_PACKET}{end}") for fills in (1, 2, 3, 4) for end in ("", " x0000")},
        styles=("plain",),
    ),
    _PHOENIX.kind("place_limit_order", {"1": _limit(1), "3": _limit(3)}, styles=("plain",), routable=False),
    noise=phoenix_order,
)

# OpenBook v2: a log for each maker order and one with the totals
_OPENBOOK = Table("openbook_v2", "opnb2LAfJYbRMAHHvqjCwQxanZn7ReEHp1k81EohpZb")
_TWO_VAULTS = "user orders* program user_b* user_a* pool* bids* asks* heap* vault_b* vault_a* program program token"
OPENBOOK_V2 = _OPENBOOK.venue(
    (pool("openbook_v2", JUP, USDC, 70_000, 4), pool("openbook_v2", SOL, USDC, 160_000, 4)),
    _OPENBOOK.kind(
        "place_take_order",
        Row(
            accounts="user* payer* pool* authority bids* asks* vault_a* vault_b* heap* user_a* user_b* program program "
            "token system program",
            data="x032c47031ac7cb55 sells slot a_in b_in x03 x0a",
            log="PlaceTakeOrder",
            authority="authority",
            event="x08eb303aae4c9c69 sells @user in out x0000000000000000",
        ),
        styles=("plain",),
    ),
    *(
        _OPENBOOK.kind(
            name,
            Row(
                accounts=_TWO_VAULTS,
                data=f"{tag} x00000000",
                log="".join(word.title() for word in name.split("_")),
                event="x08eb303aae4c9c69 sells @user in out x0000000000000000",
                deposited=True,
            ),
            deposited=True,
            told_by_log=True,
        )
        for name, tag in (
            ("place_orders", "x3c3f327b0cc53cbe"),
            ("cancel_all_and_place_orders", "x809bde3cba28e132"),
        )
    ),
    noise=openbook_order,
)

# Archer: nineteen bytes nobody has read; a builder's fee in the quote
_ARCHER = Table("archer", "Archer8kgiavM61GyusMzaaS2ft5sALtNsD1HxkUPMhy")
_ARCHER_REST = "mint_a mint_b vault_a* vault_b* user_a* user_b* program_a program_b book*"
ARCHER = _ARCHER.venue(
    (pool("archer", SOL, USDC, 1_400_000, 1), pool("archer", USDT, USDC, 600_000, 1)),
    _ARCHER.kind(
        "swap_tag_0f",
        {
            "": Row(accounts=f"user pool* user_b* {_ARCHER_REST}", data="x0f amount limit sells x00"),
            "builder": Row(
                accounts=f"user pool* builder* {_ARCHER_REST}",
                data="x0f amount limit sells x00",
                fees=(Paid(to="builder", basis_points=3, of="b"),),
            ),
        },
        token_2022=True,
    ),
    weight=2,
)

# Deriverse: byte 1 says whether the currency is paid; the least output came later
_DERIVERSE = Table("deriverse", "DRVSpZ2YUYYKgZP8XtLhAGtT1zYSCKzeHfb4DgRnrgqD")
_DERIVERSE_ACCOUNTS = "user mint_a mint_b vault_a* vault_b* pool* _ _ _ _ _ user_a* user_b* token"
_DERIVERSE_DATA = "x1a buys x0000 x07000000 x0000000000000000 offered"
DERIVERSE = _DERIVERSE.venue(
    (pool("deriverse", SOL, USDC, 2_400_000, 2), pool("deriverse", JITOSOL, USDC, 700_000, 2)),
    _DERIVERSE.kind(
        "swap",
        {
            "24": Row(accounts=_DERIVERSE_ACCOUNTS, data=_DERIVERSE_DATA),
            "32": Row(accounts=f"{_DERIVERSE_ACCOUNTS} _ _", data=f"{_DERIVERSE_DATA} least"),
        },
    ),
    weight=3,
)

VENUES = (DERIVERSE, ARCHER, PHOENIX, OPENBOOK_V2)
