"""The live view of `indexer up` on a terminal."""

import asyncio
import time
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from decoders.engine.model import Swap
from indexer.board import Board
from indexer.summary import made_beside
from indexer.tokens import human_amount, token_name
from indexer.up_services import TITLES

_REFRESH_SECONDS = 0.5
_PROGRAM_ROWS = 12


async def show(board: Board, stop: asyncio.Event, console: Console) -> None:
    """Draw ``board`` until ``stop`` is set; the last frame stays on the screen."""
    with Live(render(board), console=console, auto_refresh=False, transient=False) as live:
        while not stop.is_set():
            live.update(render(board), refresh=True)
            try:
                async with asyncio.timeout(_REFRESH_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue
        live.update(render(board), refresh=True)


def render(board: Board) -> RenderableType:
    """One frame."""
    title = f"[bold]{board.label}[/]" if board.label else "Solana Liquidity Indexer"
    wrong = board.blocked or any(board.troubles.values())
    style = "red" if wrong else "yellow" if board.label else "green"
    body = Group(_headline(board), Text(), _columns(board), Text(), *_troubles(board), _footer(board))
    return Panel(body, title=title, subtitle=_subtitle(board), border_style=style)


def _troubles(board: Board) -> Iterator[RenderableType]:
    """What does not get on beside the daemon."""
    for name, reason in board.troubles.items():
        if reason:
            yield Text(f"{TITLES[name]}: {reason}", style="red", justify="center")


def _footer(board: Board) -> RenderableType:
    """Where it comes from, where it goes, what it costs; lines as the width has room for."""
    beside = made_beside(board.beside)
    parts = (*beside, board.source, board.stream, board.metrics_url, board.notice)
    return Text(" · ".join(part for part in parts if part), style="dim", justify="center")


def _headline(board: Board) -> RenderableType:
    grid = Table.grid(expand=True)
    for _ in range(5):
        grid.add_column(justify="center", ratio=1)
    lag = board.lag_seconds()
    cells = (
        (f"{board.swaps_per_second():,.1f}", "swaps/s"),
        (f"{sum(board.swaps.values()):,}", "swaps"),
        (f"{board.lag_slots():,}", "slots behind"),
        ("-" if lag is None else f"{lag:,.1f} s", "behind (block time)"),
        (f"{board.settled_slot:,}", f"settled slot · {board.slots_per_second():.1f}/s"),
    )
    grid.add_row(*(f"[bold]{value}[/]" for value, _ in cells))
    grid.add_row(*(f"[dim]{name}[/]" for _, name in cells))
    return grid


def _columns(board: Board) -> RenderableType:
    programs = Table(box=None, pad_edge=False, header_style="dim")
    programs.add_column("program")
    programs.add_column("swaps", justify="right")
    for name, count in board.swaps.most_common(_PROGRAM_ROWS):
        programs.add_row(name, f"{count:,}")
    last = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    for column, justify in (
        ("last swaps", "left"),
        ("paid", "right"),
        ("", "left"),
        ("received", "right"),
        ("", "left"),
    ):
        last.add_column(column, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    last.add_column("route")
    for swap in reversed(board.last):
        last.add_row(*_swap_row(swap))
    grid = Table.grid(expand=True, padding=(0, 3))
    grid.add_column(ratio=1)
    grid.add_column(ratio=3)
    grid.add_row(programs, last)
    return grid


def _swap_row(swap: Swap) -> tuple[str, str, str, str, str, str]:
    return (
        swap.program,
        human_amount(swap.amount_in, swap.decimals_in),
        token_name(swap.mint_in),
        human_amount(swap.amount_out, swap.decimals_out),
        token_name(swap.mint_out),
        f"[dim]{swap.route or 'direct'}[/]",
    )


def _subtitle(board: Board) -> str:
    elapsed = time.monotonic() - board.started
    parts = [f"up {elapsed:,.0f} s", "Ctrl-C stops cleanly"]
    if board.slots["missing"]:
        parts.insert(0, f"[red]{board.slots['missing']} missing[/]")
    if board.dead:
        parts.insert(0, f"[red]{board.dead} dead letters[/]")
    if board.blocked:
        parts.insert(0, "[red bold]NATS refuses storage: holding[/]")
    return " · ".join(part for part in parts if part)
