"""Alert rules, check by check: armed, fired, armed again. A pure function over values; a rule never knows what else there is."""

from pricewatch_pipeline.domain.alert_rules import AlertRule
from pricewatch_pipeline.domain.alert_values import Firing, Observation, RuleState, RuleStatus, Step

__all__ = ["Firing", "Observation", "RuleState", "RuleStatus", "Step", "step"]


def step(rule: AlertRule, state: RuleState, seen: Observation) -> Step:
    """The rule after this check. The same state, object for object, where nothing has changed."""
    raise NotImplementedError(rule, state, seen)
