"""What a person sees."""

import io
import time

import pytest
from rich.console import Console

from decoders.engine.model import Swap
from indexer.board import Board
from indexer.progress import Progress, duration
from indexer.tokens import human_amount, token_name
from indexer.view import render

SOL = "So11111111111111111111111111111111111111112"
USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"


def swap(amount_in: int, amount_out: int) -> Swap:
    return Swap(
        program="pumpswap",
        program_id="p",
        kind="amm",
        instruction="buy",
        outer_idx=0,
        idx=0,
        pool="pool",
        user="user",
        mint_in=SOL,
        mint_out=USDC,
        amount_in=amount_in,
        amount_out=amount_out,
        decimals_in=9,
        decimals_out=6,
        vault_in=None,
        vault_out=None,
        reserve_in=None,
        reserve_out=None,
        route="jupiter_v6",
    )


def drawn(board: Board) -> str:
    console = Console(width=160, file=io.StringIO())
    with console.capture() as captured:
        console.print(render(board))
    return captured.get()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> float:
    """The clock stands still: rates are shown to the digit."""
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    return moment


def test_the_view_shows_rate_lag_programs_and_last_swaps_in_human_units(now: float) -> None:
    board = Board(tip_slot=110, started=now - 5)
    board.settled(100, "complete", int(time.time()) - 3, [swap(1_500_000_000, 210_250_000)] * 10)
    text = drawn(board)
    for part in ("swaps/s", "pumpswap", "1.5", "SOL", "210.25", "USDC", "jupiter_v6", "slots behind"):
        assert part in text
    assert "2.0" in text  # ten swaps in five seconds
    assert board.lag_slots() == 10


def test_generated_data_is_labelled_in_every_frame() -> None:
    assert "LOCALNET, generated" in drawn(Board(label="LOCALNET, generated"))


def test_trouble_is_on_the_screen() -> None:
    board = Board(blocked=True, dead=3)
    board.missing(3)
    board.settled(7, "missing", None, [])
    text = drawn(board)
    for part in ("NATS refuses storage", "3 dead letters", "3 missing"):
        assert part in text


def test_amounts_read_like_amounts() -> None:
    assert human_amount(1_500_000_000, 9) == "1.5"
    assert human_amount(12_345_678_900_000, 9) == "12,345"
    assert human_amount(1, 9) == "1e-9"
    assert human_amount(0, 9) == "0"
    assert human_amount(5, None) == "5 raw"
    assert human_amount(42, 0) == "42"
    assert token_name(SOL) == "SOL"
    assert token_name("9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin") == "9xQe…VFin"


def test_progress_names_place_rate_and_eta(now: float) -> None:
    progress = Progress(what="x", first=0, last=lambda: 1000, position=lambda: 250, started=now - 10)
    line = progress.line()
    assert line["done"] == "25.0%"
    assert line["slots_per_second"] == 25.0
    assert line["eta"] == "30 s"
    assert [duration(s) for s in (5, 130, 8000, 90_000)] == ["5 s", "2 min", "2 h 13 min", "25 h 0 min"]


def test_what_does_not_get_on_beside_the_daemon_stands_in_the_view() -> None:
    board = Board(label="LOCALNET, generated")
    board.troubles = {"candles": "", "clickhouse": "not enough space"}
    assert "the ClickHouse sink: not enough space" in drawn(board)
    assert "candle builder" not in drawn(board)
