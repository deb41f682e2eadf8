"""What was found, for a person, a machine and a monitor's exit code."""

import json

import pytest

from indexer.errors import CheckError
from indexer.jetstream_line import Line, Verdict
from indexer.line_report import report


def found(*verdicts: Verdict) -> list[Line]:
    return [Line(check="drift", name="dex-swaps", figure="none", verdict=one, advice="do it") for one in verdicts]


def test_a_warning_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(found("ok", "warn", "unseen"), of="checks", json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is True
    assert [line["verdict"] for line in said["lines"]] == ["ok", "warn", "unseen"]


def test_a_failed_line_is_printed_and_then_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CheckError, match=r"^1 of 2 checks failed, 1 warn$"):
        report(found("fail", "warn"), of="checks", json=False)
    rows = capsys.readouterr().out.splitlines()
    assert [row.split() for row in rows[1:]] == [
        ["drift", "dex-swaps", "none", verdict, "do", "it"] for verdict in ("fail", "warn")
    ]


def test_what_cannot_be_seen_is_said_beside_failures() -> None:
    with pytest.raises(CheckError, match=r"^1 of 2 lines failed, 0 warn, 1 cannot be seen$"):
        report(found("fail", "unseen"), of="lines", json=True)
