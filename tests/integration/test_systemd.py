"""The systemd samples: units that systemd takes, and a command that ours takes."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from indexer.__main__ import _parser
from indexer.config import Settings
from indexer.settings_flags import environment_name

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
SERVICE, TIMER = "indexer-backup.service", "indexer-backup.timer"


def values(path: Path) -> dict[str, list[str]]:
    """Each key's values, continued lines joined."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().replace("\\\n", " ").splitlines():
        key, mark, value = line.partition("=")
        if mark and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_the_command_is_one_of_ours_and_the_variables_are_known() -> None:
    service, given = values(UNITS / SERVICE), values(UNITS / "indexer-backup.env")
    (command,) = service["ExecStart"]
    for name in given:
        command = command.replace(f"${{{name}}}", given[name][0])
    assert "$" not in command
    words = shlex.split(command)
    args = _parser(words[1:]).parse_args(words[1:])
    assert (args.keep, args.every, args.verify) == (7, None, False)
    assert args.directory.is_relative_to("/var/lib/" + service["StateDirectory"][0])
    assert args.metrics_file.is_relative_to("/var/lib/" + service["StateDirectory"][0])
    known = {environment_name(name) for name in Settings.model_fields} | {"BACKUP_KEEP"}
    assert set(given) <= known


def test_the_service_is_locked_in() -> None:
    service = values(UNITS / SERVICE)
    for key, value in {
        "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "CapabilityBoundingSet": "",
        "User": "indexer-backup", "Type": "oneshot",
    }.items():  # fmt: skip
        assert service[key] == [value], key
    assert values(UNITS / TIMER)["Persistent"] == ["true"]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if (analyze := shutil.which("systemd-analyze")) is None:
        pytest.skip("no systemd-analyze on PATH: the units are only parsed here")
    program = tmp_path / "indexer"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    service = (UNITS / SERVICE).read_text().replace("/usr/local/bin/indexer", str(program))
    (tmp_path / SERVICE).write_text(service)
    shutil.copy(UNITS / TIMER, tmp_path)
    checked = subprocess.run(
        [analyze, "verify", str(tmp_path / SERVICE), str(tmp_path / TIMER)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    (tmp_path / SERVICE).write_text(service.replace("ProtectSystem=strict", "ProtectSistem=strict"))
    wrong = subprocess.run(
        [analyze, "verify", str(tmp_path / SERVICE)], capture_output=True, text=True, timeout=120, check=False
    )
    assert "ProtectSistem" in wrong.stderr
