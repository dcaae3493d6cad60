"""A process that makes scheduled runs of insider watches, as a scheduler would: one after the other."""

from benchmarks.workers import Message, serve
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.check_watches import check_due
from pricewatch_pipeline.services.open_engine import engine_for
from pricewatch_pipeline.services.steer_watches import add_watch
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.storage.database import Database


def main() -> None:
    """Answer `{"do": "watch", ...}` and `{"do": "run", ...}`."""
    settings = load_settings()
    database = Database(settings.database_url or "")

    def watch(message: Message) -> None:
        for number in range(1, message["companies"] + 1):
            query = {"company": f"C{number}", "site": message["site"], "days_back": "all"}
            entry = {"id": f"c{number}", "provider": "sec_form4", "query": query}
            add_watch(database, entry, providers=providers())

    def do(message: Message) -> Message:
        if message["do"] == "watch":
            watch(message)
            return {}
        report = check_due(engine_for(settings, database), run_id=message["run_id"])
        return {"checks": report.checks, "deferred": report.deferred}

    serve(do)


if __name__ == "__main__":
    main()
