"""Candles in a terminal: a column a window, two steps a line, volume below. Pure."""

from rich.text import Text

from indexer.chart_bars import Bar, Chart, clock, price_text

_LINES, _VOLUME_LINES = 16, 3
_LABEL_LINES = 3  # a price label every so many lines
_TIME_COLUMNS, _DATE_COLUMNS = 12, 24
_NO_PRICE = "no swap of these windows set a price"
_EIGHTHS = " ▁▂▃▄▅▆▇█"
#: the upper and the lower half of a cell: nothing, wick, body
_CELLS = {
    "  ": " ", "ww": "│", "bb": "┃", "wb": "╽", "bw": "╿", " b": "╻", " w": "╷", "b ": "╹", "w ": "╵",
}  # fmt: skip
UP, DOWN, INCOMPLETE, UNPRICED = "green", "red", "yellow", "dim"


def draw(chart: Chart, width: int) -> Text:
    """As many of the last windows as ``width`` has room for, and a line that says so when not all have."""
    low, high = chart.extent()
    step = (high - low) / (2 * _LINES - 1)
    labels = {line: price_text(high - 2 * line * step, step) for line in range(0, _LINES, _LABEL_LINES)}
    if not any(bar.prices for bar in chart.bars):
        labels = {}
    volume_label = chart.amount(max(bar.volume for bar in chart.bars))
    margin = max(map(len, (*labels.values(), volume_label))) + 1
    windows = (chart.bars[-1].time - chart.bars[0].time) // chart.seconds + 1
    pitch = 2 if 2 * windows <= width - margin else 1
    fit = min(windows, (width - margin) // pitch)
    first = chart.bars[-1].time - (fit - 1) * chart.seconds
    columns = {(bar.time - first) // chart.seconds: bar for bar in chart.bars if bar.time >= first}
    text = Text(no_wrap=True)
    text.append(f"{chart.title}\n", "bold")
    if not labels:
        text.append(f"{_NO_PRICE}\n", "dim")
    for line in range(_LINES if labels else 0):
        text.append(f"{labels.get(line, ''):>{margin - 1}} ", "dim")
        for column in range(fit):
            cell, style = _cell(columns.get(column), line, low, step)
            text.append(cell.ljust(pitch), style)
        text.append("\n")
    _add_volume(text, columns, fit, pitch, volume_label.rjust(margin - 1) + " ")
    times = [first + at * chart.seconds for at in range(fit)]
    _add_times(text, columns, times, pitch, margin, dated=chart.days > 1)
    text.append(f"price and volume in {chart.quote} · {chart.summary()}\n", "dim")
    if fit < windows:
        text.append(f"the last {fit} of {windows} windows fit this terminal; --png FILE draws all\n", "dim")
    return text


def _cell(bar: Bar | None, line: int, low: float, step: float) -> tuple[str, str]:
    """The part of a candle in a line, 0 being the top, and its colour."""
    if bar is None or bar.prices is None:
        return " ", ""
    begin, top, bottom, end = (round((price - low) / step) for price in bar.prices)

    def half(at: int) -> str:
        if min(begin, end) <= at <= max(begin, end):
            return "b"
        return "w" if bottom <= at <= top else " "

    upper = 2 * (_LINES - 1 - line) + 1
    return _CELLS[half(upper) + half(upper - 1)], colour(bar)


def colour(bar: Bar) -> str:
    """Of a bar."""
    if bar.incomplete:
        return INCOMPLETE
    if bar.prices is None:
        return UNPRICED
    return UP if bar.prices[3] >= bar.prices[0] else DOWN


def _add_volume(text: Text, columns: dict[int, Bar], fit: int, pitch: int, label: str) -> None:
    most = max((bar.volume for bar in columns.values()), default=0) or 1
    for line in range(_VOLUME_LINES):
        text.append(" " * len(label) if line else label, "dim")
        for column in range(fit):
            bar = columns.get(column)
            eighths = 0 if bar is None else max(bar.volume > 0, round(bar.volume / most * 8 * _VOLUME_LINES))
            cell = _EIGHTHS[max(0, min(8, eighths - 8 * (_VOLUME_LINES - 1 - line)))]
            text.append(cell.ljust(pitch), colour(bar) if bar else "")
        text.append("\n")


def _add_times(text: Text, columns: dict[int, Bar], times: list[int], pitch: int, margin: int, *, dated: bool) -> None:
    if any(bar.incomplete for bar in columns.values()):
        marks = ("!" if at in columns and columns[at].incomplete else " " for at in range(len(times)))
        text.append(
            " " * margin + "".join(mark.ljust(pitch) for mark in marks).rstrip() + "  ! incomplete: ", INCOMPLETE
        )
        text.append("touches a missing slot\n", INCOMPLETE)
    wide = _DATE_COLUMNS if dated else _TIME_COLUMNS
    every = wide // pitch
    shown = [f"╵{clock(times[at], day=dated, year=False)}".ljust(wide) for at in range(0, len(times), every)]
    text.append(f"{' ' * margin}{''.join(shown).rstrip()} UTC\n", "dim")
