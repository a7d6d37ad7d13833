"""Which records are entries of the ledger, and under which name.

Invariant: every record that decides something, or that a decision rests on, has a kind; a kind's name is never changed
or given to another record. Measurements have one, because verdicts and triggers rest on them. A delivery has one
once it was delivered, and so has a message: that somebody was told is evidence, an attempt is not; and a trial once it
ended. The place of the simulated clock has none, because every entry carries its time; nor has what holds a digest of a
secret.
"""

from copml import access, records
from copml.access import AccessRecord
from copml.records import Record

KINDS: dict[type, str] = {
    records.WorkspaceMark: "workspace",
    records.Revision: "revision",
    records.Snapshot: "snapshot",
    records.Ingest: "ingest",
    records.FeatureSet: "feature-set",
    records.Run: "run",
    records.ModelVersion: "model-version",
    records.Decision: "decision",
    records.Choice: "choice",
    records.Deployment: "deployment",
    records.ScoringRun: "scoring-run",
    records.Seal: "seal",
    records.Measurement: "measurement",
    records.Firing: "firing",
    records.Incident: "incident",
    records.Dossier: "dossier",
    records.Delivery: "delivery",
    records.Retirement: "retirement",
    records.Trial: "trial",
    records.Promotion: "promotion",
    records.Preference: "preference",
    records.Message: "message",
    access.Account: "account",
    access.Token: "token",
    access.Delegation: "delegation",
    access.Reading: "reading",
    access.Note: "note",
}
NOT_KEPT: frozenset[type] = frozenset(
    {
        records.SimulatedTime,
        access.Password,
        access.Invitation,
        access.TokenSecret,
        access.Session,
        access.Failures,
        access.KeptAnswer,
    }
)


def kind_of(record: Record | AccessRecord) -> str | None:
    """The kind of entry that a record becomes; None for a record that is no entry."""
    if isinstance(record, (records.Delivery, records.Message)) and record.delivered_at is None:
        return None
    if isinstance(record, records.Trial) and record.ended_at is None:
        return None
    return KINDS.get(type(record))
