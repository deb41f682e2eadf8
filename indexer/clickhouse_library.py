"""ClickHouse's client and embedded engine, loaded when they are first needed, and without what they do not need here.

Where numpy, pandas or pyarrow are installed both load them, at an import and at a first insert, for tables nobody here
has: a quarter of a second and 80 MB of every sink. Both do without where they are not installed, so
while the two are loaded they are not.
"""

import logging
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

_SPARED = ("numpy", "pandas", "pyarrow", "polars")
_SPARED_NAMES = ("np", "pd", "arrow", "pl")  # the client looks for each once, when it is first asked for
_HIDDEN = logging.CRITICAL + 1


@cache
def library(*, engine: bool) -> Any:
    """The client's package; ``engine``: with the embedded engine. Raises ImportError where they are not installed.

    Meanwhile no other thread can load what is spared.
    """
    spared = [name for name in _SPARED if name not in sys.modules]
    modules: dict[str, Any] = sys.modules
    modules.update(dict.fromkeys(spared))  # None is how Python marks what is not there
    try:
        client = import_module("clickhouse_connect")
        with suppress(ImportError):  # of a version that looks for them elsewhere: it would be slower, and no worse
            options = import_module("clickhouse_connect.driver.options")
            for name in _SPARED_NAMES:
                getattr(options, name, None)
        if engine:
            import_module("chdb")
    finally:
        for name in spared:
            del modules[name]
    logging.getLogger("clickhouse_connect").setLevel(_HIDDEN)  # it logs what it raises, with the values
    return client
