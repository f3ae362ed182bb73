"""One text for one content: identities and fingerprints are hashes, so equal contents must be equal bytes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def canonical_json(content: Any) -> str:
    """JSON with sorted keys and no spaces. Raises ValueError or TypeError on what JSON cannot say."""
    return _ENCODER.encode(content)


def canonical_decimal(number: Decimal) -> str:
    """A finite decimal without exponent and without zeros that say nothing: ``50``, ``2.5``, ``-0.1``."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
