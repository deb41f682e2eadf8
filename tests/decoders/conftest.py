"""Prints the corpus coverage that a test recorded, also when workers ran it."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for one in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", []):
        for name, value in getattr(one, "user_properties", ()):
            if name == "corpus coverage":
                terminalreporter.section(name)
                terminalreporter.write_line(str(value))
