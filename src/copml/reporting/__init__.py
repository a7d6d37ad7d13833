"""Pages for people: the report of a project, the card of a model version, a dossier.

Invariant: a page is one self-contained HTML text, made from values alone; it names no other host, runs no script, and
says *simulated* wherever the evidence is. Every chart has its figures in a table beside it. What a verdict means is for
`conformance`; where a page is written to is for `app`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.reporting.advice import advice_page as advice_page
    from copml.reporting.backtests import Backtest as Backtest
    from copml.reporting.backtests import Played as Played
    from copml.reporting.backtests import Standing as Standing
    from copml.reporting.backtests import backtest_page as backtest_page
    from copml.reporting.backtests import conclusion as conclusion
    from copml.reporting.backtests import interval_words as interval_words
    from copml.reporting.backtests import standings as standings
    from copml.reporting.cards import model_card as model_card
    from copml.reporting.comments import changes_markdown as changes_markdown
    from copml.reporting.comments import headline_changed as headline_changed
    from copml.reporting.comments import verdicts_markdown as verdicts_markdown
    from copml.reporting.dossiers import dossier as dossier
    from copml.reporting.exploration_page import explored as explored
    from copml.reporting.exploration_page import headline_explored as headline_explored
    from copml.reporting.headlines import Headline as Headline
    from copml.reporting.headlines import headline as headline
    from copml.reporting.notebook import explored_html as explored_html
    from copml.reporting.notebook import snapshot_html as snapshot_html
    from copml.reporting.notebook import table_html as table_html
    from copml.reporting.notebook import trials_html as trials_html
    from copml.reporting.notebook import verdicts_html as verdicts_html
    from copml.reporting.notebook import versions_html as versions_html
    from copml.reporting.notebook import with_interval as with_interval
    from copml.reporting.pages import report as report
    from copml.reporting.sweeps import SweepFacts as SweepFacts
    from copml.reporting.sweeps import sweep_page as sweep_page
    from copml.reporting.truth import Naive as Naive
    from copml.reporting.truth import NaiveMonth as NaiveMonth
    from copml.reporting.truth import Truth as Truth
    from copml.reporting.truth import TruthMonth as TruthMonth

_NAMES = {
    "Backtest": "backtests",
    "Headline": "headlines",
    "Naive": "truth",
    "NaiveMonth": "truth",
    "Played": "backtests",
    "Standing": "backtests",
    "SweepFacts": "sweeps",
    "Truth": "truth",
    "TruthMonth": "truth",
    "advice_page": "advice",
    "backtest_page": "backtests",
    "changes_markdown": "comments",
    "conclusion": "backtests",
    "dossier": "dossiers",
    "explored": "exploration_page",
    "explored_html": "notebook",
    "headline": "headlines",
    "headline_changed": "comments",
    "headline_explored": "exploration_page",
    "interval_words": "backtests",
    "model_card": "cards",
    "report": "pages",
    "snapshot_html": "notebook",
    "standings": "backtests",
    "table_html": "notebook",
    "trials_html": "notebook",
    "verdicts_html": "notebook",
    "verdicts_markdown": "comments",
    "versions_html": "notebook",
    "with_interval": "notebook",
    "sweep_page": "sweeps",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
