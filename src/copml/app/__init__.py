"""The use cases: what people, schedules and programs can ask of copml.

Invariant: this is the only room in which concrete parts are chosen and joined. A use case takes a workspace and plain
values, and returns values; how they are shown is for `cli`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.app.adoption import Adopted as Adopted
    from copml.app.adoption import adopt as adopt
    from copml.app.advice import advice_page as advice_page
    from copml.app.advice import advise as advise
    from copml.app.advice import decide as decide
    from copml.app.backtests import RetrainingPolicy as RetrainingPolicy
    from copml.app.backtests import backtest as backtest
    from copml.app.changes import check_against as check_against
    from copml.app.conversation import delegate as delegate
    from copml.app.conversation import delegations as delegations
    from copml.app.conversation import end_delegation as end_delegation
    from copml.app.conversation import note as note
    from copml.app.conversation import notes as notes
    from copml.app.demonstration import demo as demo
    from copml.app.diagnosis import doctor as doctor
    from copml.app.diagnosis import examine as examine
    from copml.app.evidence import check as check
    from copml.app.evidence import incidents as incidents
    from copml.app.evidence import report as report
    from copml.app.evidence import status as status
    from copml.app.evidence import versions as versions
    from copml.app.evidence import why as why
    from copml.app.exploring import Explored as Explored
    from copml.app.exploring import explore as explore
    from copml.app.exploring import explore_file as explore_file
    from copml.app.exploring import explore_rows as explore_rows
    from copml.app.exports import Wanted as Wanted
    from copml.app.exports import export_mlflow as export_mlflow
    from copml.app.exports import export_predictions as export_predictions
    from copml.app.judgements import acknowledge as acknowledge
    from copml.app.judgements import approve as approve
    from copml.app.judgements import judge as judge
    from copml.app.judgements import reject as reject
    from copml.app.judgements import retire as retire
    from copml.app.ledger import verify_ledger as verify_ledger
    from copml.app.loop import Part as Part
    from copml.app.loop import failures as failures
    from copml.app.loop import retry as retry
    from copml.app.loop import run as run
    from copml.app.loop import up as up
    from copml.app.membership import Invited as Invited
    from copml.app.membership import accept_invitation as accept_invitation
    from copml.app.membership import accounts as accounts
    from copml.app.membership import change_account as change_account
    from copml.app.membership import found_administrator as found_administrator
    from copml.app.membership import invite as invite
    from copml.app.notebooks import promote_notebook as promote_notebook
    from copml.app.notifications import Told as Told
    from copml.app.notifications import Underway as Underway
    from copml.app.notifications import is_stated as is_stated
    from copml.app.notifications import messages_to as messages_to
    from copml.app.notifications import preferences as preferences
    from copml.app.notifications import set_preferences as set_preferences
    from copml.app.notifications import try_telling as try_telling
    from copml.app.projects import apply as apply
    from copml.app.projects import init_project as init_project
    from copml.app.projects import plan as plan
    from copml.app.projects import read_project as read_project
    from copml.app.projects import validate as validate
    from copml.app.promotion import promote as promote
    from copml.app.provisional import FirstCheck as FirstCheck
    from copml.app.provisional import first_check as first_check
    from copml.app.real import real_data as real_data
    from copml.app.recorded import RecordedPrediction as RecordedPrediction
    from copml.app.recorded import predictions as predictions
    from copml.app.signing_in import Issued as Issued
    from copml.app.signing_in import SignedIn as SignedIn
    from copml.app.signing_in import begin_session as begin_session
    from copml.app.signing_in import issue_token as issue_token
    from copml.app.signing_in import revoke_token as revoke_token
    from copml.app.signing_in import sign_in as sign_in
    from copml.app.signing_in import sign_out as sign_out
    from copml.app.signing_in import tokens as tokens
    from copml.app.signing_in import who_has_cookie as who_has_cookie
    from copml.app.signing_in import who_has_token as who_has_token
    from copml.app.snapshots import TableSnapshot as TableSnapshot
    from copml.app.snapshots import snapshot as snapshot
    from copml.app.sources import data as data
    from copml.app.sweeps import SweepBudget as SweepBudget
    from copml.app.sweeps import Swept as Swept
    from copml.app.sweeps import sweep as sweep
    from copml.app.symptoms import Symptom as Symptom
    from copml.app.texts import Plan as Plan
    from copml.app.texts import apply_text as apply_text
    from copml.app.texts import plan_text as plan_text
    from copml.app.texts import problems as problems
    from copml.app.texts import revisions as revisions
    from copml.app.trial_log import OpenTrial as OpenTrial
    from copml.app.trial_log import Trials as Trials
    from copml.app.trial_log import start_trial as start_trial
    from copml.app.trial_log import trials as trials
    from copml.app.workspace import Workspace as Workspace
    from copml.app.workspace import open_workspace as open_workspace

_NAMES = {
    "doctor": "diagnosis",
    "examine": "diagnosis",
    "Symptom": "symptoms",
    "accounts": "membership",
    "Invited": "membership",
    "accept_invitation": "membership",
    "change_account": "membership",
    "found_administrator": "membership",
    "invite": "membership",
    "notes": "conversation",
    "note": "conversation",
    "delegate": "conversation",
    "delegations": "conversation",
    "end_delegation": "conversation",
    "predictions": "recorded",
    "RecordedPrediction": "recorded",
    "Issued": "signing_in",
    "SignedIn": "signing_in",
    "begin_session": "signing_in",
    "issue_token": "signing_in",
    "revoke_token": "signing_in",
    "sign_in": "signing_in",
    "sign_out": "signing_in",
    "tokens": "signing_in",
    "who_has_cookie": "signing_in",
    "who_has_token": "signing_in",
    "Plan": "texts",
    "apply_text": "texts",
    "plan_text": "texts",
    "problems": "texts",
    "revisions": "texts",
    "Adopted": "adoption",
    "Explored": "exploring",
    "FirstCheck": "provisional",
    "OpenTrial": "trial_log",
    "Part": "loop",
    "RetrainingPolicy": "backtests",
    "TableSnapshot": "snapshots",
    "Told": "notifications",
    "Trials": "trial_log",
    "Underway": "notifications",
    "SweepBudget": "sweeps",
    "Swept": "sweeps",
    "Wanted": "exports",
    "Workspace": "workspace",
    "acknowledge": "judgements",
    "adopt": "adoption",
    "advice_page": "advice",
    "advise": "advice",
    "apply": "projects",
    "approve": "judgements",
    "backtest": "backtests",
    "check": "evidence",
    "check_against": "changes",
    "data": "sources",
    "decide": "advice",
    "demo": "demonstration",
    "explore": "exploring",
    "explore_file": "exploring",
    "explore_rows": "exploring",
    "export_mlflow": "exports",
    "export_predictions": "exports",
    "failures": "loop",
    "first_check": "provisional",
    "incidents": "evidence",
    "init_project": "projects",
    "is_stated": "notifications",
    "judge": "judgements",
    "messages_to": "notifications",
    "open_workspace": "workspace",
    "plan": "projects",
    "preferences": "notifications",
    "promote_notebook": "notebooks",
    "promote": "promotion",
    "read_project": "projects",
    "real_data": "real",
    "reject": "judgements",
    "report": "evidence",
    "retire": "judgements",
    "retry": "loop",
    "run": "loop",
    "set_preferences": "notifications",
    "snapshot": "snapshots",
    "start_trial": "trial_log",
    "status": "evidence",
    "trials": "trial_log",
    "try_telling": "notifications",
    "sweep": "sweeps",
    "up": "loop",
    "validate": "projects",
    "verify_ledger": "ledger",
    "versions": "evidence",
    "why": "evidence",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
