"""A property computed once. functools.cached_property holds a lock for it before Python 3.12, and the lock is the class's: two
threads could not parse two pages at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

Value = TypeVar("Value")

if TYPE_CHECKING:
    from functools import cached_property
else:

    class cached_property(Generic[Value]):  # noqa: N801 - named as what it stands for
        """Computed when first asked for, then kept in the instance. Two threads that ask at once may both compute it."""

        def __init__(self, compute: Callable[[Any], Value]) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self._name = name

        def __get__(self, instance: Any, owner: type | None = None) -> Value:
            if instance is None:
                return self
            value = instance.__dict__[self._name] = self._compute(instance)
            return value


__all__ = ["cached_property"]
