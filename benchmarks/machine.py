"""What a result was measured on: processor, memory and versions."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

VERSIONS_TOLD = ("dagster", "scrapy", "aiohttp", "selectolax", "lxml", "psycopg")


def describe_machine(postgresql: str) -> dict[str, object]:
    """Processor, cores, memory and versions."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": postgresql,
        **{name: version(name) for name in VERSIONS_TOLD},
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
