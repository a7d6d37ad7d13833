"""What a pass says about its source (pure): its state, and what the owner should look at.

Invariant: a finding is about upstream data, never about copml; it names the source, what was expected and what came.
"""

from copml.data.columns import Plan
from copml.data.request import Finding, IngestRequest
from copml.data.timeliness import expected_by
from copml.digest import instant
from copml.records import Bins, Ingest

NEW, NOTHING_NEW, LATE, EMPTY, CHANGED = "new", "nothing new", "late", "empty", "changed"

LATE_ADVICE = "Ask whoever delivers it; what comes late is taken in by the next ingest."
EMPTY_ADVICE = "Ask whoever delivers it whether there was no news; if there was, let it be delivered again."
CHANGED_ADVICE = "The rows were taken in; let a missing column be delivered again, or take it out of the features."
MISSING_ADVICE = "The rows were taken in; let the values be delivered again, or tolerate more in `data.checks`."
FAILED_ADVICE = "They wait in the quarantine; let them be delivered again as they should be, or mend `data.checks`."


def state_of(request: IngestRequest, plan: Plan | None, *, read: int, kept: int) -> str:
    """The state of a pass that read and kept (added or quarantined) so many rows; no `plan`: no file was new."""
    if plan is not None and (plan.missing or plan.extra):
        return CHANGED
    if kept:
        return NEW
    if plan is not None and not read:
        return EMPTY
    is_late = request.now > expected_by(request.spec, request.slot, request.project.tz)
    return LATE if is_late else NOTHING_NEW


def nothing_read(request: IngestRequest) -> Ingest:
    """The record of a pass that found no new file."""
    return Ingest(
        project=request.project.project,
        source=request.source,
        slot=request.slot,
        known_at=request.now,
        state=state_of(request, None, read=0, kept=0),
        files=(),
        rows_read=0,
        rows_added=0,
        rows_repeated=0,
        rows_quarantined=0,
        reasons={},
        columns_missing=(),
        columns_extra=(),
        missing_ratios={},
        event_at_min=None,
        event_at_max=None,
        profile={},
        version=None,
        history=False,
    )


def find(request: IngestRequest, record: Ingest) -> tuple[Finding, ...]:
    """Findings of a pass, most serious first."""
    return (*_arrival(request, record), *_columns(record), *_missing(request, record), *_failed(record))


def _arrival(request: IngestRequest, record: Ingest) -> list[Finding]:
    evidence = {"source": record.source, "slot": instant(record.slot)}
    if record.state == LATE:
        by = expected_by(request.spec, request.slot, request.project.tz)
        return [Finding(what="source is late", evidence={**evidence, "expected by": instant(by)}, advice=LATE_ADVICE)]
    if record.state == EMPTY or (record.files and not record.rows_read):
        names = ", ".join(file.path for file in record.files)
        return [Finding(what="source is empty", evidence={**evidence, "files": names}, advice=EMPTY_ADVICE)]
    return []


def _columns(record: Ingest) -> list[Finding]:
    if record.state != CHANGED:
        return []
    evidence = {
        "source": record.source,
        "missing": ", ".join(record.columns_missing) or "none",
        "new": ", ".join(record.columns_extra) or "none",
    }
    return [Finding(what="columns have changed", evidence=evidence, advice=CHANGED_ADVICE)]


def _missing(request: IngestRequest, record: Ingest) -> list[Finding]:
    findings = []
    for column, ratio in record.missing_ratios.items():
        check = request.project.data.checks.get(column)
        tolerated = check.missing if check is not None else None
        if tolerated is None and ratio == 1 and _had_values(request.like.get(column)):
            tolerated = 0.99
        if tolerated is not None and ratio > tolerated:
            evidence = {
                "source": record.source,
                "column": column,
                "missing": f"{ratio:.1%}",
                "tolerated": f"{tolerated:.1%}",
            }
            findings.append(Finding(what="values are missing", evidence=evidence, advice=MISSING_ADVICE))
    return findings


def _had_values(bins: Bins | None) -> bool:
    return bins is not None and sum(bins.counts) > 0


def _failed(record: Ingest) -> list[Finding]:
    """Rows in quarantine are a finding when they are most of what came; single ones are counted, not alarmed about."""
    if not record.rows_quarantined or record.rows_quarantined < record.rows_read / 2:
        return []
    reasons = "; ".join(f"{reason} ({count})" for reason, count in record.reasons.items())
    evidence = {
        "source": record.source,
        "rows": f"{record.rows_quarantined} of {record.rows_read}",
        "reasons": reasons[:500],
    }
    return [Finding(what="most rows failed their checks", evidence=evidence, advice=FAILED_ADVICE)]
