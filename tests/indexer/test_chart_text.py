"""What a terminal shows is what the candles say, read back from the drawn cells."""

import random

import pytest

from indexer.chart_text import draw
from tests.indexer.chart_made import bar, chart

LINES = 16
WICK = {"│": 3, "╽": 2, "╿": 1, "╷": 1, "╵": 2}  # halves of a cell: 2 the upper one, 1 the lower one
BODY = {"┃": 3, "╽": 1, "╿": 2, "╻": 1, "╹": 2}


def halves(column: str, cells: dict[str, int]) -> list[int]:
    """The steps, 0 at the bottom, that ``cells`` fill in a column of lines."""
    found = []
    for line, cell in enumerate(column):
        upper = 2 * (LINES - 1 - line) + 1
        found += [upper] * bool(cells.get(cell, 0) & 2) + [upper - 1] * bool(cells.get(cell, 0) & 1)
    return sorted(found)


def columns(text: str, count: int, pitch: int) -> list[str]:
    """The price lines turned into columns; the labels are cut off."""
    lines = text.splitlines()[1 : 1 + LINES]
    margin = text.splitlines()[1 + LINES + 3].index("╵")
    wide = [line[margin:].ljust(count * pitch) for line in lines]
    return ["".join(line[at * pitch] for line in wide) for at in range(count)]


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e7])
@pytest.mark.parametrize("seed", range(3))
def test_bodies_and_wicks_reach_as_far_as_the_prices(seed: int, scale: float) -> None:
    dice = random.Random(seed)
    prices = [[dice.uniform(1, 2) * scale for _ in range(4)] for _ in range(30)]
    candles = [(one[0], max(one), min(one), one[3]) for one in prices]
    made = chart(*(bar(at, one) for at, one in enumerate(candles)))
    low, high = made.extent()
    step = (high - low) / (2 * LINES - 1)
    for column, (begin, top, bottom, end) in zip(columns(draw(made, 120).plain, 30, 2), candles, strict=True):
        body, wick = halves(column, BODY), halves(column, WICK)
        expected = [round((price - low) / step) for price in sorted((begin, end))]
        assert body == list(range(expected[0], expected[1] + 1))
        assert sorted(body + wick) == list(range(round((bottom - low) / step), round((top - low) / step) + 1))


def test_windows_without_trades_and_without_prices_are_empty_and_incomplete_ones_are_marked() -> None:
    made = chart(bar(0, (1, 2, 1, 2), incomplete=True), bar(1, None, volume=8), bar(4, (2, 2, 1, 1)))
    text = draw(made, 120)
    drawn = columns(_without_marks(text.plain), 5, 2)
    assert [bool(column.strip()) for column in drawn] == [True, False, False, False, True]
    (marks,) = (line for line in text.plain.splitlines() if "incomplete" in line)
    assert marks.removesuffix("  ! incomplete: touches a missing slot").split() == ["!"]
    assert {"green", "red", "yellow"} & {str(span.style) for span in text.spans} == {"red", "yellow"}
    volume = _without_marks(text.plain).splitlines()[1 + LINES : 4 + LINES]
    assert [line.count("█") for line in volume] == [1, 1, 1]  # the largest, of the window without a price


def _without_marks(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if "incomplete" not in line)


def test_what_does_not_fit_is_said() -> None:
    made = chart(*(bar(at, (1, 2, 1, 2)) for at in range(200)))
    text = draw(made, 100).plain
    assert "of 200 windows fit this terminal; --png FILE draws all" in text
    assert max(map(len, text.splitlines()[1:20])) <= 100
    assert "fit this terminal" not in draw(made, 400).plain


def test_the_title_has_pair_program_interval_and_the_last_line_the_units() -> None:
    text = draw(chart(bar(0, (1, 2, 1, 2))), 120).plain.splitlines()
    assert text[0].startswith("SOL/USDC · raydium_amm_v4 · 1m · pool 58oQ")
    assert text[-1].startswith("price and volume in USDC · ")


def test_without_any_price_there_is_volume_and_no_price_axis() -> None:
    lines = draw(chart(bar(0, None, volume=2_000_000), bar(1, None, volume=1_000_000)), 120).plain.splitlines()
    assert lines[1] == "no swap of these windows set a price"
    assert lines[2].split() == ["2", "█"]
    assert len(lines) == 7


def test_flat_prices_are_a_line_in_the_middle_and_one_candle_is_a_chart() -> None:
    flat = columns(draw(chart(*(bar(at, (3, 3, 3, 3)) for at in range(5))), 120).plain, 5, 2)
    assert len({*flat}) == 1
    assert [line for line, cell in enumerate(flat[0]) if cell.strip()] in ([7], [8])
    (one,) = columns(draw(chart(bar(0, (1.5, 1.7, 1.4, 1.6))), 120).plain, 1, 2)
    assert len(one.strip()) == LINES


def test_labels_have_the_day_when_there_is_more_than_one() -> None:
    made = chart(*(bar(at * 60, (1, 2, 1, 2)) for at in range(12)))  # twelve hours from 14:14
    assert "╵14:14" in draw(chart(bar(0, (1, 2, 1, 2))), 120).plain
    assert "╵09-22 " in draw(made, 400).plain
