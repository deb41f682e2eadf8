"""The picture's marks are the candles, and the file is a picture."""

from pathlib import Path

import pytest

from indexer.chart_png import picture, write_png
from indexer.errors import UsageError
from tests.indexer.chart_made import bar, chart

MADE = chart(
    bar(0, (10, 14, 9, 12), volume=3_000_000),
    bar(1, (12, 13, 8, 9), volume=2_000_000, incomplete=True),
    bar(2, None, volume=1_000_000),
    bar(5, (9, 9, 9, 9), volume=500_000),
)


def test_bodies_wicks_and_volume_are_those_of_the_candles() -> None:
    price, volume = picture(MADE).axes
    bodies = [(one.get_y(), one.get_y() + one.get_height()) for one in price.patches]
    assert bodies[:2] == [(10, 12), (9, 12)]
    assert bodies[2][0] == 9
    wicks = [tuple(y for _, y in segment) for segment in price.collections[0].get_segments()]
    assert wicks == [(9, 14), (8, 13), (9, 9)]
    assert [one.get_height() for one in volume.patches] == [3, 2, 1, 0.5]
    low, high = price.get_ylim()
    assert (low < 8, high > 14) == (True, True)
    places = [one.get_x() + one.get_width() / 2 for one in price.patches]
    assert (places[2] - places[0]) * 86_400 == pytest.approx(300, abs=0.01)
    assert len({one.get_facecolor() for one in price.patches}) == 2
    assert price.patches[0].get_edgecolor() != price.patches[1].get_edgecolor() != price.patches[1].get_facecolor()


def test_the_axes_say_what_they_are_in() -> None:
    figure = picture(MADE)
    price, volume = figure.axes
    assert figure.get_suptitle() == MADE.title
    assert (price.get_ylabel(), volume.get_ylabel()) == ("price, USDC per SOL", "volume, USDC")
    assert volume.get_xlabel() == "time, UTC"
    marks = [text.get_text() for text in price.get_legend().texts]
    assert marks == ["incomplete: touches a missing slot", "volume without a price"]
    assert picture(chart(bar(0, (1, 2, 1, 2)))).axes[0].get_legend() is None
    unpriced = picture(chart(bar(0, None))).axes[0]
    assert (list(unpriced.get_yticks()), unpriced.texts[0].get_text()) == ([], "no swap set a price")


def test_a_title_of_the_longest_figures_fits_the_picture() -> None:
    figure = picture(chart(*(bar(60 * at, (4.5e12, 4.6e15, 1e-9, 4.4e12), volume=2**70) for at in range(60))))
    figure.draw_without_rendering()
    box, width = figure.axes[0].title.get_window_extent(), figure.bbox.width
    assert (box.x0 > 0, box.x1 < width) == (True, True)


def test_labels_of_tiny_prices_differ() -> None:
    figure = picture(chart(bar(0, (8.6e-8, 9e-8, 8e-8, 8.1e-8)), bar(1, (8.1e-8, 8.2e-8, 8.1e-8, 8.2e-8))))
    figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(set(labels)) == len(labels) > 3
    assert all(label.endswith("e-08") for label in labels)


def test_the_file_is_a_picture_or_the_error_says_why_not(tmp_path: Path) -> None:
    write_png(MADE, tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(content[16:20]) > 1000  # pixels wide
    write_png(chart(bar(0, None)), tmp_path / "without-prices.png")
    with pytest.raises(UsageError, match=r"cannot write .*: No such file"):
        write_png(MADE, tmp_path / "nowhere" / "a.png")
