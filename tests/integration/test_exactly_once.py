"""A small share of the chaos campaigns: the long ones are `make chaos`."""

from pathlib import Path

import pytest

from tests.chaos.campaign import Plan, run

#: what a slot holds: what is lost or twice is so with few as with many
FEW = 12
SMALL = (
    Plan(name="kills, cuts, losses and lies", daemon_kills=4, server_kills=1, gap_seconds=(0.2, 1.0), transactions=FEW),
    Plan(
        name="a window of one second",
        seed=2,
        daemon_kills=3,
        server_kills=1,
        gap_seconds=(0.3, 1.2),
        window_seconds=1.0,
        transactions=FEW,
    ),
    Plan(
        name="two daemons, one asleep longer than the window, and a foreign publisher",
        seed=3,
        daemons=2,
        daemon_kills=1,
        server_kills=0,
        pauses=2,
        pause_seconds=2.0,
        window_seconds=1.0,
        foreign=True,
        gap_seconds=(0.3, 1.2),
        transactions=FEW,
    ),
)


@pytest.mark.parametrize("plan", SMALL, ids=[plan.name for plan in SMALL])
async def test_nothing_is_lost_nothing_is_twice_and_slots_are_in_order(plan: Plan, tmp_path: Path) -> None:
    result = await run(plan, tmp_path)
    assert result.findings.problems == []
    assert result.findings.swaps > 100
    assert result.findings.missing_slots == 0


async def test_a_cluster_loses_its_leader_while_two_daemons_publish_the_same_slots(tmp_path: Path) -> None:
    """Active-active on three replicas: fence and ids hold through elections, whoever is first at a slot."""
    plan = Plan(
        name="three nodes, their leader killed; two daemons",
        seed=4,
        nodes=3,
        daemons=2,
        daemon_kills=0,
        server_kills=2,
        gap_seconds=(0.5, 1.5),
        transactions=FEW,
    )
    result = await run(plan, tmp_path)
    assert result.findings.problems == []
    assert result.findings.swaps > 100
    assert result.findings.missing_slots == 0
    assert result.server_kills == 2
    assert sum(result.published) == result.findings.swaps
    assert sum(result.overtaken) > 0, "they never met at a slot"
