"""Risk: personal data, leakage, bias, supply chain, outside audit (RI-1 to RI-5).

Invariant: what copml does not test says unproven, and names what is already there to test it with; a limit that the
project file states is no evidence that it is kept.
"""

from copml.conformance.evidence import Evidence, newest
from copml.conformance.requirement import Finding, at_risk, breached, met, unproven
from copml.conformance.rules import waiting
from copml.conformance.words import count, listed, share

PSEUDONYM_COLUMN = "entity"
"""Holds pseudonyms in every table, even where a source has a column of this name itself."""


def protected(evidence: Evidence) -> Finding:
    """RI-1: identifiers stay at the door; the rest of the protection is not there yet."""
    personal = evidence.project.data.personal
    identifiers = {name for name, kind in personal.items() if kind == "identifier"}
    identifiers |= {source.entity for source in evidence.project.data.sources.values()}
    identifiers -= {PSEUDONYM_COLUMN}
    if not evidence.snapshots:
        return unproven("Nothing was ingested yet.", step="Run `copml run ingest`.")
    leaked = [item for item in evidence.snapshots if identifiers & {*item.columns}]
    at = newest(item.created_at for item in evidence.snapshots)
    if leaked:
        columns = sorted({name for item in leaked for name in identifiers & {*item.columns}})
        where = sorted({item.table for item in leaked})
        return breached(
            f"Direct identifiers ({listed(columns)}) stand in {listed(where)}.",
            *where,
            at=at,
            step="Read the sources into a new workspace: identifiers are replaced when rows are read, not afterwards.",
        )
    classes = f"{count(len(personal), 'column')} classified" if personal else "no column is classified as personal"
    return at_risk(
        f"Identifiers were replaced by pseudonyms in all {len(evidence.snapshots)} table versions, {classes}. "
        "Access by role, retention and erasure are not enforced by copml yet.",
        "columns of every snapshot",
        at=at,
        step=_protection_step(evidence),
    )


def _protection_step(evidence: Evidence) -> str:
    regulatory, personal = evidence.project.regulatory, evidence.project.data.personal
    if personal:
        return "Restrict access to the workspace's folder to those who need it."
    if not regulatory.affects_people:
        return (
            "Say under data.personal which columns are about persons; if none is, switch RI-1 off with that reason: "
            "the project file says that no decision affects a person."
        )
    return "Decisions affect people: say under data.personal which columns are about them, protected groups included."


def leakage(evidence: Evidence) -> Finding:
    """RI-2: no privacy test yet."""
    limit = evidence.project.risk.privacy
    stated = f"The project accepts a membership advantage of {share(limit.membership_advantage)}; " if limit else ""
    return unproven(f"{stated}copml does not test yet whether the model gives away who it was trained on.")


def bias(evidence: Evidence) -> Finding:
    """RI-3: no fairness test yet."""
    limit = evidence.project.risk.fairness
    stated = f"The project names {listed(limit.by)} as groups; " if limit else "The project names no groups; "
    return unproven(f"{stated}copml does not compare the model's errors between groups yet.")


def supplied(evidence: Evidence) -> Finding:
    """RI-4: artifacts are hashed and signed, packages are recorded."""
    if not evidence.versions:
        return unproven("No version was registered yet.", step=waiting.for_a_batch(evidence))
    at = newest(item.created_at for item in evidence.versions)
    unsigned = [item.name for item in evidence.versions if not (item.manifest and item.content_digest)]
    runs = {run.version: run for run in evidence.runs if run.version is not None}
    loose = [
        item.name
        for item in evidence.versions
        if item.name not in runs or (environment := runs[item.name].environment) is None or not environment.packages
    ]
    if evidence.live_version in (*unsigned, *loose):
        return breached(
            f"{evidence.live_version} is live without a signed manifest or without its packages recorded.", at=at
        )
    if unsigned or loose:
        names = sorted({*unsigned, *loose})
        return at_risk(
            f"{listed(names)} {'has' if len(names) == 1 else 'have'} no signed manifest or no packages.", at=at
        )
    reason = f"{count(len(evidence.versions), 'version')} hashed and signed, with the exact packages of each training."
    return met(f"{reason} Loading runs no code beyond copml's own list of types.", *_names(evidence), at=at)


def audited(evidence: Evidence) -> Finding:
    """RI-5: no record of an external audit yet."""
    return unproven("copml keeps no record of external audits yet: scope, date, findings and closure stand elsewhere.")


def _names(evidence: Evidence) -> tuple[str, ...]:
    return tuple(f"manifest of {item.name}" for item in evidence.versions[-3:])
