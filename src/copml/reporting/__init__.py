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
    from copml.reporting.dossiers import dossier as dossier
    from copml.reporting.headlines import Headline as Headline
    from copml.reporting.headlines import headline as headline
    from copml.reporting.pages import report as report
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
    "Truth": "truth",
    "TruthMonth": "truth",
    "backtest_page": "backtests",
    "conclusion": "backtests",
    "advice_page": "advice",
    "dossier": "dossiers",
    "headline": "headlines",
    "interval_words": "backtests",
    "model_card": "cards",
    "report": "pages",
    "standings": "backtests",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
