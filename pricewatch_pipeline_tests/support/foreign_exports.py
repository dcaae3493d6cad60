"""The exports of other tools that tests import; where they come from is in exports/README.md."""

from pathlib import Path

EXPORTS = Path(__file__).parent / "exports"
CHANGEDETECTION = EXPORTS / "changedetection"
COSTCOURTER = EXPORTS / "costcourter.json"
PRICEBUDDY = EXPORTS / "pricebuddy.json"
