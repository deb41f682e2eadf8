"""What the doctor makes of this machine's figures."""

import resource
from pathlib import Path

import msgspec
import pytest

from indexer.config import Settings
from indexer.doctor_machine import backup, machine_lines, open_files
from indexer.manifest import Manifest
from tests.indexer.states import HOUR, SETTINGS

MANIFEST = Manifest(
    v=1, tool="t", server_version="2.15.1", server_name="n", genesis_hash="G", started="", finished="", contents="",
    streams=[],
)  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "verdict", "figure"),
    [(1023, "warn", "1,023"), (1024, "ok", "1,024"), (resource.RLIM_INFINITY, "ok", "unlimited")],
)
def test_open_files(limit: int, verdict: str, figure: str) -> None:
    line = open_files(SETTINGS, limit)
    assert (line.verdict, line.figure) == (verdict, figure)


def test_the_newest_whole_backup_counts_by_the_time_in_its_name(tmp_path: Path) -> None:
    assert (backup(SETTINGS, tmp_path / "none", 0).verdict, backup(SETTINGS, tmp_path, 0).verdict) == ("fail", "fail")
    for name in ("20010909T014640Z", "20010908T014640Z", ".20010910T014640Z.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_bytes(msgspec.json.encode(MANIFEST))
    for age, verdict in ((0, "ok"), (26 * HOUR, "ok"), (26 * HOUR + 1, "fail")):
        line = backup(SETTINGS, tmp_path, 1_000_000_000 + age)
        assert (line.verdict, line.value) == (verdict, age)
        assert line.figure.startswith("20010909T014640Z")


async def test_a_service_is_not_started_from_a_fixed_slot_and_no_unknown_program(tmp_path: Path) -> None:
    async def settings_line(**values: object) -> tuple[str, str]:
        settings = Settings(_env_file=None, metrics_addr="127.0.0.1:0", data_dir=tmp_path, **values)  # type: ignore[call-arg,arg-type]
        lines = [line async for line in machine_lines(settings, production=True, backups=None)]
        return lines[0].verdict, lines[0].figure + lines[0].advice

    assert (await settings_line())[0] == "ok"
    verdict, said = await settings_line(start="5000")
    assert (verdict, "counts at every restart" in said) == ("warn", True)
    assert (await settings_line(hydrate="transaction"))[0] == "warn"
    verdict, said = await settings_line(programs=("raydium",))
    assert (verdict, "no program 'raydium'" in said) == ("fail", True)
    assert (await settings_line(jetstream_dir=tmp_path))[0] == "fail"
