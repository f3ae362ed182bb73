"""What all models of the language share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Never changed once made, and unknown keys are refused: a key misread is a fact lost.

    The validator of a model is built when it is first asked for: that takes longer than all else that is done when a program
    starts, and most programs ask for few.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
