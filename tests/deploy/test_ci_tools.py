"""`make ci-tools` and `.ci/run`: what they say and answer where a tool is there, cannot be had, or fails to install."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.nats_cli import pinned

CI = Path(__file__).resolve().parents[2] / ".ci"
#: what .ci/tools itself needs of a machine
NEEDED = ("bash", "env", "timeout", "id", "sh", "rm", "ln", "install", "dirname")
#: one line of its table stands for all
ONE = "promtool prometheus prometheus"
ANSWER = '#!/bin/sh\n[ {name} = sudo ] || echo {name} "$*" >> {log}\n{then}\n'


class Machine:
    """A search path of our own: the commands .ci needs, and stand-ins for those that change a system."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "called"
        self.log.touch()
        self.path = folder / "bin"
        self.path.mkdir()
        #: stands for /usr/sbin/policy-rc.d: no test changes whether this machine starts services
        self.policy = folder / "policy-rc.d"
        self.tools = folder / "tools"
        text = re.sub(r'TOOLS="\n.*?\n"', f'TOOLS="\n{ONE}\n"', (CI / "tools").read_text(), flags=re.DOTALL)
        self.tools.write_text(text.replace("/usr/sbin/policy-rc.d", str(self.policy)))
        self.tools.chmod(0o755)
        for name in NEEDED:
            found = shutil.which(name)
            assert found is not None
            (self.path / name).symlink_to(found)
        self.home = folder / "home"
        self.home.mkdir()
        self.has("sudo", 'shift\nexec "$@"')
        self.has("nats", f"echo {pinned()}")

    def has(self, name: str, then: str = "exit 0") -> None:
        """A command that notes its arguments, then does as told."""
        file = self.path / name
        file.write_text(ANSWER.format(name=name, log=self.log, then=then))
        file.chmod(0o755)

    def run(self, script: Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": str(self.path), "HOME": str(self.home)}
        return subprocess.run(
            [script],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def calls(self) -> list[str]:
        """Without the looks at a version."""
        return [call for call in self.log.read_text().splitlines() if call != "nats --version"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_tool_that_is_there_is_left_alone(machine: Machine) -> None:
    machine.has("promtool")
    machine.has("apt-get")
    result = machine.run(machine.tools)
    assert (result.returncode, result.stderr, machine.calls()) == (0, "", [])
    assert f"promtool is there: {machine.path / 'promtool'}" in result.stdout


def test_without_apt_get_it_says_what_to_install_by_hand(machine: Machine) -> None:
    result = machine.run(machine.tools)
    assert result.returncode == 1
    assert "no promtool and no apt-get here. Install it by hand (it comes with prometheus)" in result.stderr


def test_an_apt_get_that_cannot_is_shown_and_asked_again_with_fresh_lists(machine: Machine) -> None:
    machine.has("update-rc.d")
    machine.has("apt-get", 'echo "no route to any mirror" >&2; exit 100')
    result = machine.run(machine.tools)
    assert result.returncode == 1
    assert "no route to any mirror" in result.stderr
    assert "promtool is NOT installed" in result.stderr
    assert "ci-tools: installed" not in result.stdout
    installs, updates = (
        [call for call in machine.calls() if f" {word}" in call] for word in ("install --no-inst", "update")
    )
    assert (len(installs), len(updates)) == (1, 1)
    assert not machine.policy.exists()


def test_what_it_installs_neither_runs_now_nor_at_the_next_boot(machine: Machine) -> None:
    machine.has("update-rc.d")
    promtool = machine.path / "promtool"
    machine.has("apt-get", f"{machine.policy}; [ $? = 101 ] || exit 9\nln -s {machine.path}/sh {promtool}")
    result = machine.run(machine.tools)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"installed {promtool}" in result.stdout
    assert machine.calls()[-1] == "update-rc.d prometheus disable"
    assert "install --no-install-recommends prometheus" in machine.calls()[0]
    assert not machine.policy.exists()


def test_a_machine_that_starts_no_services_anyway_keeps_its_own_word(machine: Machine) -> None:
    machine.has("update-rc.d")
    machine.has("apt-get", f"ln -s {machine.path}/sh {machine.path}/promtool")
    machine.policy.write_text("exit 101")
    assert machine.run(machine.tools).returncode == 0
    assert machine.policy.read_text() == "exit 101"


GO_INSTALL = f"""[ "$*" = "install github.com/nats-io/natscli/nats@{pinned()}" ] || exit 9
printf '#!/bin/sh\\necho %s\\n' VERSION | install -m 755 /dev/stdin "$GOBIN/nats" """


def test_the_nats_cli_is_built_where_it_is_missing_or_another_and_then_left_alone(machine: Machine) -> None:
    (machine.home / "go" / "bin").mkdir(parents=True)
    machine.has("promtool")
    machine.has("nats", "echo v0.0.1")
    machine.has("go", GO_INSTALL.replace("VERSION", pinned()))
    built = machine.run(machine.tools)
    assert (built.returncode, built.stderr) == (0, "")
    assert f"installed {machine.home}/go/bin/nats" in built.stdout
    again = machine.run(machine.tools)
    assert f"nats {pinned()} is there: {machine.home}/go/bin/nats" in again.stdout
    assert len(machine.calls()) == 1


@pytest.mark.parametrize(
    ("go", "said"),
    [
        ("echo no route to any proxy >&2; exit 1", "no route"),
        (GO_INSTALL.replace("VERSION", "v9"), "could not build"),
    ],
)
def test_a_build_that_fails_or_gives_another_version_is_said(machine: Machine, go: str, said: str) -> None:
    (machine.home / "go" / "bin").mkdir(parents=True)
    machine.has("promtool")
    (machine.path / "nats").unlink()
    machine.has("go", go)
    result = machine.run(machine.tools)
    assert result.returncode == 1
    assert said in result.stderr
    assert f"nats {pinned()} is NOT installed" in result.stderr


@pytest.mark.skipif(Path("/usr/local/go/bin/go").exists(), reason="this machine has Go where .ci/tools looks for it")
def test_without_go_it_says_what_is_missing(machine: Machine) -> None:
    machine.has("promtool")
    (machine.path / "nats").unlink()
    result = machine.run(machine.tools)
    assert (result.returncode, "there is no Go here" in result.stderr) == (1, True)


@pytest.mark.parametrize(("tools", "tests"), [(0, 0), (2, 0), (0, 2), (2, 2)])
def test_ci_runs_the_tests_with_and_without_the_tools(machine: Machine, tmp_path: Path, tools: int, tests: int) -> None:
    """CI's answer is that of the tests; a tool that could not be had is said and changes nothing."""
    shutil.copytree(CI, tmp_path / "project" / ".ci")
    machine.has("make", f'[ "$1" = test ] && exit {tests}\nexit {tools}')
    result = machine.run(tmp_path / "project" / ".ci" / "run")
    assert (result.returncode, machine.calls()) == (tests, ["make ci-tools", "make image", "make test"])
    assert ("CI goes on without the tools" in result.stderr) is bool(tools)
    assert ("CI goes on without an image" in result.stderr) is bool(tools)


def test_every_line_of_its_table_is_a_command_a_package_and_a_service() -> None:
    table = re.findall(r'TOOLS="\n(.*?)\n"', (CI / "tools").read_text(), flags=re.DOTALL)[0].splitlines()
    assert ONE in table
    assert [line for line in table if len(line.split()) != 3] == []
