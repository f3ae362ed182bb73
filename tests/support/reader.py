"""A reporting team's reader of the derived stream: it keeps the ids of what it has seen, and believes what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hepledger_events.codec import decode


@dataclass(slots=True)
class Reader:
    """By patient: the present state, the changes that stand, the relapses that stand; the ids seen, each once; and what
    was made the registry's answer, in order."""

    seen: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    changes: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    relapses: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    criteria: list[str] = field(default_factory=list)

    def read(self, payload: bytes) -> None:
        """One event of the stream; one that was seen already has no effect."""
        event = decode(payload)
        if event.id in self.seen:
            return
        self.seen[event.id] = event.type
        assert isinstance(event.data, dict)
        superseded: str | None = event.data.get("supersedes")
        match event.type:
            case "response.changed":
                self.states[event.key] = event.data["to"]
                if superseded is not None:
                    del self.changes[superseded]
                if event.data["confirmed_on"] is not None:
                    self.changes[event.id] = event.key, event.data
            case "relapse.detected":
                self.relapses[event.id] = event.key, event.data
            case "relapse.withdrawn":
                assert superseded is not None
                del self.relapses[superseded]
            case "criteria.activated":
                self.criteria.append(event.data["fingerprint"])
            case unexpected:
                raise AssertionError(unexpected)
