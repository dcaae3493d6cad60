"""What the database refuses, told as one error: values of providers, and of other tools, may be anything."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, IntegrityError

from pricewatch_pipeline.errors import NotStorable


@contextmanager
def refusals(*unfit: type[ValueError | TypeError]) -> Iterator[None]:
    """Around what writes such values. `unfit`: these too say that a value cannot be stored, as no JSON can hold it.

    Raises:
        NotStorable: a value is refused; the transaction cannot go on.
    """
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise NotStorable(str(error.orig).strip().splitlines()[0]) from error
    except unfit as error:
        raise NotStorable(str(error)) from error
