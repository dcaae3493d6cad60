"""changedetection.io (0.60): answers of its API. Only its price watches come over; never where it sends its notifications."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pricewatch_pipeline.domain.alert_rules import AlertRule, Baseline, RuleKind
from pricewatch_pipeline.domain.offers import is_amount
from pricewatch_pipeline.importing.fields import Unreadable, share_of, target_of, text_of
from pricewatch_pipeline.importing.rows import ImportRow, passed_over, refused, said, shortened

PRICE_WATCH = "restock_diff"
_UNITS = {"weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
_SHORTEST_S = 60
_LEFT_OUT = (
    "notification_urls", "notification_title", "notification_body", "include_filters", "subtractive_selectors", "headers", "body",
    "proxy", "browser_steps", "webdriver_js_execute_code", "webdriver_delay", "trigger_text", "ignore_text", "extract_text",
    "text_should_not_be_present", "conditions", "extract_lines_containing", "ignore_status_codes",
)  # fmt: skip
"""What there is no field for here; named where a watch has it, without what it says."""


def is_watch(value: Any) -> bool:
    """Whether it is a watch as the API of changedetection.io says it, in full or in a list."""
    return (
        isinstance(value, Mapping)
        and "url" in value
        and bool({"last_changed", "processor", "time_between_check"} & set(value))
    )


def is_tag(value: Any) -> bool:
    """Whether it is one of its tags (groups)."""
    return isinstance(value, Mapping) and {"uuid", "title"} <= set(value) and "url" not in value


def tag_names(value: Any) -> dict[str, str]:
    """Names by uuid, from its answer about tags."""
    tags = value.items() if isinstance(value, Mapping) else ()
    return {uuid: str(tag["title"]) for uuid, tag in tags if isinstance(tag, Mapping) and tag.get("title")}


def watch_row(place: str, watch: Mapping[str, Any], tags: Mapping[str, str]) -> ImportRow:
    """A watch as an entry of ours."""
    processor = watch.get("processor")
    url = {"url": str(watch.get("url") or "")[:4096]}
    if processor not in (None, PRICE_WATCH):
        return passed_over(place, f"no price watch: its processor is {shortened(processor, 40)}", entry=url)
    settings = watch.get("processor_config_restock_diff")
    settings = settings if isinstance(settings, Mapping) else {}
    try:
        every, interval_notes = _interval(watch)
        entry = said(
            {
                "url": text_of("url", watch.get("url")),
                "title": text_of("title", watch.get("title") or watch.get("page_title")),
                "tags": [
                    text for uuid in _uuids(watch) if (name := tags.get(uuid)) and (text := text_of("tags", name))
                ],
                "every": every,
                "paused": watch.get("paused") is True or None,
                "target": target_of(settings.get("price_change_min")),
            }
        )
        rules = _rules(settings)
    except Unreadable as problem:
        return refused(place, str(problem), shown=url["url"][:200])
    return ImportRow(
        place=place,
        entry=entry,
        rules=rules,
        is_muted=watch.get("notification_muted") is True,
        notes=(*interval_notes, *_notes(watch, settings, tags)),
    )


def _uuids(watch: Mapping[str, Any]) -> list[str]:
    tags = watch.get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _interval(watch: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    said_of_it = watch.get("time_between_check")
    if not isinstance(said_of_it, Mapping):
        return None, ()
    try:
        seconds = sum(_count(said_of_it.get(unit) or 0) * length for unit, length in _UNITS.items())
    except (TypeError, ValueError) as error:
        raise Unreadable(f"time_between_check: {shortened(dict(said_of_it))} holds what is no number") from error
    if seconds <= 0:
        return None, ()
    if seconds < _SHORTEST_S:
        return f"{_SHORTEST_S}s", (f"every {seconds} s is too often: every {_SHORTEST_S} s",)
    return f"{seconds}s", ()


def _count(value: Any) -> int:
    if isinstance(value, Decimal) and not is_amount(value):  # as a whole number, 1E+99999999 fills the memory
        raise ValueError
    return int(value)


def _rules(settings: Mapping[str, Any]) -> tuple[AlertRule, ...]:
    """What was asked for in so many words; a watch that says nothing has the rules that all watches have."""
    rules = []
    share = share_of("price_change_threshold_percent", settings.get("price_change_threshold_percent"))
    if settings.get("follow_price_changes") is not False:
        if share:
            rules += [
                AlertRule(rule_id="", kind=kind, share=share, baseline=Baseline.PREVIOUS)
                for kind in (RuleKind.DROP, RuleKind.RISE)
            ]
        elif settings.get("follow_price_changes") and not _has_limits(settings):
            rules.append(AlertRule(rule_id="", kind=RuleKind.CHANGE))
    stock = settings.get("in_stock_processing")
    if stock in ("in_stock_only", "all_changes"):
        rules.append(AlertRule(rule_id="", kind=RuleKind.BACK_IN_STOCK))
    if stock == "all_changes":
        rules.append(AlertRule(rule_id="", kind=RuleKind.OUT_OF_STOCK))
    return tuple(rules)


def _has_limits(settings: Mapping[str, Any]) -> bool:
    return any(settings.get(f"price_change_{end}") is not None for end in ("min", "max"))


def _notes(watch: Mapping[str, Any], settings: Mapping[str, Any], tags: Mapping[str, str]) -> list[str]:
    left_out = [name for name in _LEFT_OUT if watch.get(name)]
    if str(watch.get("method") or "GET").upper() != "GET":
        left_out.append("method")
    if isinstance(limit := watch.get("time_schedule_limit"), Mapping) and limit.get("enabled") is True:
        left_out.append("time_schedule_limit")
    if settings.get("price_change_max") not in (None, ""):
        left_out.append("price_change_max")
    notes = [f"not carried over: {', '.join(left_out)}"] if left_out else []
    if any(uuid not in tags for uuid in _uuids(watch)):
        notes.append("tags without a name here: give the answer of /api/v1/tags with --tags-file")
    if "processor" not in watch:
        notes.append("a list does not say whether it is a price watch; the answers of /api/v1/watch/UUID do")
    return notes
