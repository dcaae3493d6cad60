"""What a store's file may say of the browser that opens its pages."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pricewatch_pipeline.domain.browsing import Action, Blockable, Browsing, Step, WaitUntil
from pricewatch_pipeline.watch_files.fields import Css, Entry

_LONGEST_VALUE = 500
_MOST_STEPS = 30
_WITH_VALUE = (Action.CHOOSE, Action.FILL)
_STEPS_IN_WORDS = ", ".join(f"{action}: ..." if action != Action.ACCEPT_COOKIES else action for action in Action)


class StepEntry(Entry):
    """One thing to do before a page is read."""

    accept_cookies: Literal[True] | None = Field(
        default=None, description="Accept what a consent dialog asks; goes on when none turns up."
    )
    click: Css | None = Field(default=None, description="Click the element at this CSS selector.")
    choose: Css | None = Field(
        default=None,
        description="Choose `value` at this CSS selector: an option of a list, or the choice of that text.",
    )
    fill: Css | None = Field(default=None, description="Write `value` into the field at this CSS selector.")
    wait_for: Css | None = Field(default=None, description="Wait until this CSS selector is on the page.")
    value: Annotated[str, Field(min_length=1, max_length=_LONGEST_VALUE)] | None = Field(
        default=None, description="What to choose or to write."
    )
    optional: bool | None = Field(default=None, description="true: go on when the element does not turn up.")

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        said = self._actions()
        if len(said) != 1:
            raise ValueError(f"a step does one thing (one of {_STEPS_IN_WORDS}), not {len(said)}")
        if (said[0] in _WITH_VALUE) != (self.value is not None):
            needs = "needs a `value`" if said[0] in _WITH_VALUE else "takes no `value`"
            raise ValueError(f"`{said[0]}` {needs}")
        return self

    def _actions(self) -> list[Action]:
        return [action for action in Action if getattr(self, action) is not None]

    def to_step(self) -> Step:
        (action,) = self._actions()
        is_dialog = action is Action.ACCEPT_COOKIES
        return Step(
            action=action,
            selector=None if is_dialog else getattr(self, action),
            value=self.value,
            is_optional=is_dialog if self.optional is None else self.optional,
        )

    @classmethod
    def from_text(cls, value: Any) -> Any:
        """`accept_cookies`, or `click: .more` in quotes, as fields."""
        if not isinstance(value, str):
            return value
        name, colon, selector = value.partition(":")
        action = next((each for each in Action if each == name.strip() and each not in _WITH_VALUE), None)
        if action is None or (action is Action.ACCEPT_COOKIES) == bool(colon):
            raise ValueError(f"{value!r} is not a step (one of {_STEPS_IN_WORDS})")
        return {action: selector.strip() if colon else True}


StepText = Annotated[
    str, Field(pattern=r"^(accept_cookies|(click|wait_for):.+)$", examples=["accept_cookies", "click: .show-price"])
]
StepItem = Annotated[StepEntry, BeforeValidator(StepEntry.from_text, json_schema_input_type=StepText | StepEntry)]


class BrowserEntry(Entry):
    """How a store's pages are opened in a browser."""

    wait_until: WaitUntil = Field(
        default=WaitUntil.LOADED, description="When a page counts as there: loaded, or network_idle for late scripts."
    )
    wait_for: Css | None = Field(
        default=None, description="A CSS selector that must turn up, such as the price; without it the check fails."
    )
    steps: tuple[StepItem, ...] = Field(
        default=(), max_length=_MOST_STEPS, description="What to do before the page is read, in this order."
    )
    block: tuple[Blockable, ...] = Field(
        default=tuple(Blockable), description="What is not loaded; all four when nothing is said, [] for none."
    )
    screenshot: bool = Field(default=False, description="true: keep a picture of the page as evidence.")

    def to_browsing(self) -> Browsing:
        return Browsing(
            wait_until=self.wait_until,
            wait_for=self.wait_for,
            steps=tuple(step.to_step() for step in self.steps),
            blocked=frozenset(self.block),
            has_screenshot=self.screenshot,
        )
