"""A process that reads ownership filings with edgartools: `PYTHON edgartools_worker.py REPEATS FILE...`, JSON on standard output.

It knows nothing of this project, so that it runs in any environment that has edgartools. Of a full submission, only the XML is handed
over. For every owner of a filing, edgartools asks the SEC whether that is a person: here it is told, without the network.
"""

import importlib
import importlib.metadata
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_BEGIN, _END = "<ownershipDocument", "</ownershipDocument>"


def main() -> None:
    try:
        owners, ownership = _imported()
    except ImportError:
        print(json.dumps({"version": None, "cpu_ms": {}}))
        return
    owners.Entity = lambda _cik: SimpleNamespace(data=SimpleNamespace(is_company=True))
    repeats, *files = sys.argv[1:]
    cpu_ms = {name: _cpu_ms(ownership.Ownership, _xml(Path(name)), int(repeats)) for name in files}
    print(json.dumps({"version": importlib.metadata.version("edgartools"), "cpu_ms": cpu_ms}))


def _imported() -> tuple[Any, Any]:
    """By name: it is not among our dependencies."""
    return importlib.import_module("edgar.ownership.owners"), importlib.import_module("edgar.ownership")


def _xml(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text[text.index(_BEGIN) : text.index(_END) + len(_END)]


def _cpu_ms(reader: Any, text: str, repeats: int) -> float | None:
    """The least of several; None: it cannot read the filing."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        try:
            reader.parse_xml(text)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        times.append(time.process_time() - started)
    return 1000 * min(times)


if __name__ == "__main__":
    main()
