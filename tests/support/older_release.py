"""The program as it was before biopsies were reported: `python -m tests.support.older_release ARGUMENTS`. To it they are events from the future.

Its workers are processes of their own, which import this module too.
"""

from __future__ import annotations

from typing import Any, cast

from hepledger.cli.entry import main
from hepledger_events import catalogue

cast("dict[str, Any]", catalogue.CURRENT).pop("biopsy_recorded")

if __name__ == "__main__":
    main()
