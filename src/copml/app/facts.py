"""What advice is given from, gathered: the evidence, this machine, the kind of model, predictions with known outcomes.

Invariant: reads and changes nothing; a model whose files cannot be read is one of unknown kind here, and an error
where it is used.
"""

import os
from dataclasses import replace

from copml.advice import Facts, Machine, curve
from copml.app.workspace import Workspace
from copml.conformance import Evidence
from copml.errors import CopmlError
from copml.models import model_family
from copml.operations import View, matured_predictions
from copml.records import ModelVersion
from copml.registry import read_manifest

MODEL_FILE = "model.skops"
MB = 1_048_576


def facts_of(workspace: Workspace, evidence: Evidence) -> Facts:
    """The facts that need no row of the lake."""
    live = next((item for item in evidence.versions if item.name == evidence.live_version), None)
    facts = Facts(evidence=evidence, machine=_machine())
    return facts if live is None else _with_model(workspace, facts, live)


def with_curve(workspace: Workspace, facts: Facts, view: View) -> Facts:
    """The same, with the predictions whose outcomes are known, where there are some."""
    rows, batches = matured_predictions(view, workspace.stages)
    return replace(facts, curve=curve(facts.evidence, rows, batches))


def _machine() -> Machine:
    """Cores that this process may use, and the memory of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(cores=cores, memory_mb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MB)


def _with_model(workspace: Workspace, facts: Facts, live: ModelVersion) -> Facts:
    try:
        manifest = read_manifest(live, workspace.stages.blobs, workspace.stages.keys.verify)
        file = next(item for item in manifest.files if item.path == MODEL_FILE)
        estimator, family = model_family(workspace.stages.blobs.get(file.digest))
    except (CopmlError, StopIteration):
        return facts
    return replace(facts, estimator=estimator, family=family)
