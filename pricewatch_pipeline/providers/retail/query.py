"""What a watch file may say of a product page."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pricewatch_pipeline.domain.hosts import split_url
from pricewatch_pipeline.errors import ForbiddenAddress


class RetailQuery(BaseModel):
    """One product page, and which of its variants."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(max_length=4_000, description="The product's page.")]
    variant: Annotated[
        str | None, Field(max_length=200, description="A variant's id or name, where the page offers several.")
    ] = None
    sku: Annotated[
        str | None, Field(max_length=200, description="The shop's article number, where the page offers several.")
    ] = None

    @field_validator("url")
    @classmethod
    def _is_a_page(cls, url: str) -> str:
        try:
            split_url(url)
        except ForbiddenAddress as error:
            raise ValueError(str(error)) from error
        return url
