import pytest

from pricewatch_pipeline.parsing.conditions import condition_in_name, condition_of


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("https://schema.org/NewCondition", "new"),
        ("UsedCondition", "used"),
        ("RefurbishedCondition", "refurbished"),
        ("DamagedCondition", "damaged"),
        ("Neu", "new"),
        ("Gebraucht - sehr gut", "used"),
        ("Generalüberholt", "refurbished"),
        ("D'occasion", "used"),
        ("Reconditionné", "refurbished"),
        ("Reacondicionado", "refurbished"),
        ("Usato", "used"),
        ("Nowy", "new"),
        ("Použité", "used"),
        ("б/у", "used"),
        ("Новый", "new"),
        ("中古", "used"),
        ("Begagnad", "used"),
        ("good", None),
        ("", None),
        (None, None),
    ],
)
def test_conditions_are_known_in_many_languages(text: str | None, condition: str | None) -> None:
    assert condition_of(text) == condition


@pytest.mark.parametrize(
    ("title", "condition"),
    [
        ("Phone X 64 GB (Renewed)", "refurbished"),
        ("Laptop refurbished", "refurbished"),
        ("Bicycle, second hand", "used"),
        ("New Balance 574", None),
        ("A focused user's kettle", None),
        ("Special occasion dress", None),
        ("Téléphone d'occasion", "used"),
        (None, None),
    ],
)
def test_a_name_says_only_what_is_not_new(title: str | None, condition: str | None) -> None:
    assert condition_in_name(title) == condition
