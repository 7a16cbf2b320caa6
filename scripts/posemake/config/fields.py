"""Base class and field types of the settings."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict
from pydantic_core import CoreSchema, core_schema


class Settings(BaseModel):
    """Base class: fields cannot change once they are set, and a key that is no field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


@dataclass(frozen=True, eq=False)
class Check:
    """Condition on a value, with a message in words, for use in ``Annotated``.

    Parameters
    ----------
    accepts
        Tells whether a value fulfils the condition.
    rule
        The condition in words. The error message is the value, a colon and the rule.
    json_schema
        The condition in JSON schema.
    """

    accepts: Callable[[Any], bool]
    rule: str
    json_schema: dict[str, Any]

    def _validate(self, value: Any) -> Any:
        if not self.accepts(value):
            raise ValueError(self.rule)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._validate, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), **self.json_schema}


def matches(pattern: str, rule: str) -> Check:
    """Return the condition that a text as a whole matches a regular expression."""
    return Check(lambda text: bool(re.fullmatch(pattern, text)), rule, {"pattern": f"^{pattern}$"})


def has_length(lengths: tuple[int, ...], rule: str) -> Check:
    """Return the condition that a list has one of some lengths."""
    allowed = [{"minItems": length, "maxItems": length} for length in lengths]
    return Check(lambda items: len(items) in lengths, rule, {"anyOf": allowed} if len(allowed) > 1 else allowed[0])


def _as_integer(value: Any) -> Any:
    """Return a float without fraction as an integer, as YAML reads 1.0e+3 as a float."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


UNIQUE = Check(lambda items: len(set(items)) == len(items), "an entry stands there twice", {"uniqueItems": True})
AS_INTEGER = BeforeValidator(_as_integer, json_schema_input_type=int)

# Strict types refuse what pydantic would convert: "5" and true are not numbers.
Integer = Annotated[int, Strict(), AS_INTEGER]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]

Count = Annotated[Integer, Field(ge=1)]
CountOrZero = Annotated[Integer, Field(ge=0)]
Seed = CountOrZero
Positive = Annotated[Number, Field(gt=0)]
PositiveOrZero = Annotated[Number, Field(ge=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
GreyLevels = Annotated[Number, Field(ge=0, le=255)]
Window = Annotated[
    Integer,
    Check(
        lambda frames: frames >= 3 and frames % 2 == 1,
        "a window has an odd number of frames, 3 or more",
        {"minimum": 3, "not": {"multipleOf": 2}},
    ),
]
Quality = Annotated[Integer, Field(ge=0, le=51)]  # constant rate factor of H.264
LengthUnit = Literal["body", "px"]
ModelNames = Annotated[tuple[str, ...], UNIQUE]
KeypointName = Annotated[str, matches("[A-Za-z0-9_-]+", "a keypoint's name has letters, digits, _ and - only")]
ModelName = Annotated[str, matches("[A-Za-z0-9][A-Za-z0-9_-]*", "a model's name has letters, digits, _ and - only")]
Edge = Annotated[tuple[str, ...], has_length((2,), "an edge of the skeleton is a pair of keypoints, as in [snout, tail_base]")]
