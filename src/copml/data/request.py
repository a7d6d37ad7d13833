"""What an ingest is asked, and what it answers.

Invariant: everything that an ingest depends on is in its request; what it changes is the lake only. Keeping the records
and the vault's pairs is for the caller.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from copml.records import FileDigest, Ingest, Profile, Snapshot, TaskKey
from copml.spec.project import Project, Source
from copml.store import Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """One pass over one source.

    `seen`: files of earlier passes, oldest first. `first`: no earlier pass brought rows in. `like`: the profile of an
    earlier pass, whose bins are used again. `staging`: a folder for unfinished files, the same for every attempt.
    `transaction`: the same for every attempt. `pseudonym` answers in the order asked.
    """

    project: Project
    source: str
    slot: datetime
    now: datetime
    root: Path
    staging: Path
    lake: Lake
    pseudonym: Callable[[Sequence[str]], Sequence[str]]
    seen: Sequence[FileDigest]
    first: bool
    transaction: str
    task: TaskKey
    like: Profile = field(default_factory=dict)

    @property
    def spec(self) -> Source:
        """The source as the project file describes it."""
        return self.project.data.sources[self.source]

    @property
    def table(self) -> str:
        """The lake table of the source's rows."""
        return source_table(self.project, self.source)

    @property
    def quarantine(self) -> str:
        """The lake table of the source's rows that failed a check."""
        return f"{self.project.project}/quarantine/{self.source}"

    @property
    def is_history(self) -> bool:
        """Whether rows of this pass are taken to have been known when they happened."""
        return self.first and self.spec.history == "event_at" and self.spec.known_at is None


def source_table(project: Project, source: str) -> str:
    """The lake table of a source's rows."""
    return f"{project.project}/sources/{source}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about a source that its owner should look at: late, empty, changed columns, missing values."""

    what: str
    evidence: Mapping[str, str]
    advice: str
    """What the owner can do, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What a pass brought in. `identifiers`: entity identifiers behind the pseudonyms of the rows that it kept."""

    ingest: Ingest
    snapshot: Snapshot | None
    quarantine: Snapshot | None
    identifiers: Mapping[str, str]
    findings: tuple[Finding, ...]
