import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from pricewatch_pipeline.demo.catalogue import SHOPS
from pricewatch_pipeline.demo.flight_site import FLIGHTS
from pricewatch_pipeline.demo.sec_site import SEC

COMMAND = [sys.executable, "-m", "pricewatch_pipeline.demo"]
PARENT = """
import subprocess, sys
child = subprocess.Popen([*sys.argv[1:]], stdout=subprocess.PIPE, text=True)
print(child.pid, child.stdout.readline(), sep="\\n", flush=True)
sys.stdin.read()
"""


@contextmanager
def running(*argv: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_when_asked(number: signal.Signals) -> None:
    with running(*COMMAND, "--base-port", "0") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in (*SHOPS, FLIGHTS, SEC)]
        assert [shop_id for _, shop_id in lines] == [*(shop.shop_id for shop in SHOPS), FLIGHTS, SEC]
        for url, _ in (lines[0], lines[-1]):
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10).close()
        process.send_signal(number)
        assert process.wait(timeout=20) == 0


def test_it_ends_when_its_parent_is_killed() -> None:
    with running(sys.executable, "-c", PARENT, *COMMAND, "--base-port", "0") as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert parent.stdout.readline().startswith("http://127.0.0.1:")
        parent.kill()
        child.wait(timeout=20)


def test_a_taken_port_is_an_error_that_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = subprocess.run([*COMMAND, "--base-port", str(port)], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert f"error: port {port} is in use" in ran.stderr
    assert "--base-port" in ran.stderr
    assert "Traceback" not in ran.stderr
