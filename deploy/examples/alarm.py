"""What a person should look at, from the answer of `hepledger status --json`: for whatever watches the registry, with Python alone.

    hepledger status --json | python3 alarm.py --lag-seconds 300

Says each reason in a line and exits with 1 if there is any. It names no patient, so its lines may go anywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """1 if there is a reason to look, 0 if there is none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--lag-seconds", type=float, default=300, help="how old the oldest event may be that waits (300)"
    )
    parser.add_argument(
        "--lag-events", type=int, default=None, help="how many events may wait of one criteria set (any)"
    )
    parser.add_argument("--unpublished", type=int, default=10_000, help="how many derived events may wait (10000)")
    parser.add_argument("--parked", type=int, default=0, help="how many patients may be parked (0)")
    parser.add_argument("--quarantined", type=int, default=None, help="how many refused records may be open (any)")
    reasons = list(reasons_in(json.load(sys.stdin), parser.parse_args(arguments)))
    sys.stdout.writelines(f"{reason}\n" for reason in reasons)
    return int(bool(reasons))


def reasons_in(status: dict[str, Any], allowed: argparse.Namespace) -> Iterator[str]:
    """Why to look: what waits, what is parked, what was refused."""
    heads = {at["partition"]: at["next_offset"] for at in status["reported"]}
    if not status["projections"] and any(heads.values()):
        yield "events are in the log, and nothing was projected"
    for projection in status["projections"]:
        name, places = projection["criteria"], projection["partitions"]
        reached = {at["partition"]: at["next_offset"] for at in places}
        events = sum(max(0, head - reached.get(partition, 0)) for partition, head in heads.items())
        seconds = max((at["lag_seconds"] for at in places), default=0)
        if seconds > allowed.lag_seconds or (allowed.lag_events is not None and events > allowed.lag_events):
            yield f"{name} is {events} events behind, the oldest for {seconds:.0f} seconds"
        if any(position > heads.get(partition, 0) for partition, position in reached.items()):
            yield f"{name} stands where the log does not reach: was one of them restored from a backup?"
        if projection["parked_patients"] > allowed.parked:
            yield f"{projection['parked_patients']} patients are parked under {name}"
    if status["waiting_to_be_relayed"] > allowed.unpublished:
        yield f"{status['waiting_to_be_relayed']} derived events wait to be published"
    if allowed.quarantined is not None and status["quarantined"] > allowed.quarantined:
        yield f"{status['quarantined']} refused records are open"


if __name__ == "__main__":
    sys.exit(main())
