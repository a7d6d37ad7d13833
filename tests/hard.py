"""Projects whose tables are hard: prose and thousands of rare shops; gaps everywhere; one failure in a thousand."""

import numpy as np
import pandas as pd
from tests.things import Things

TICKETS, SHOPS = 1500, 6000
NEW_SHOPS = 0.15
"""The share of tickets from shops that no other month has seen."""
WORDS = (
    "the",
    "pump",
    "valve",
    "belt",
    "motor",
    "works",
    "again",
    "stops",
    "hums",
    "since",
    "monday",
    "after",
    "repair",
)
TELLING = ("smoke", "spark", "leaks")
TEXT_MODELS = {
    "sklearn": """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import TargetEncoder

    encoder = make_column_transformer(
        (TfidfVectorizer(min_df=5), "note"),
        (TargetEncoder(random_state=seed), ["shop"]),
        (StandardScaler(), ["amount"]),
    )
    return make_pipeline(encoder, LogisticRegression(max_iter=1000)).fit(features, data["outcome"])
""",
    "lightgbm": """
    from lightgbm import LGBMClassifier
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.preprocessing import OrdinalEncoder

    encoder = make_column_transformer(
        (HashingVectorizer(n_features=256, alternate_sign=False), "note"),
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=20), ["shop"]),
        ("passthrough", ["amount"]),
    )
    model = LGBMClassifier(n_estimators=60, num_leaves=15, random_state=seed, n_jobs=1, verbose=-1)
    return make_pipeline(encoder, model).fit(features, data["outcome"])
""",
}


def text(model: str) -> Things:
    """Tickets: a note that nobody writes twice, a shop of thousands, an amount."""
    code = f"""
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def build(tables, as_of):
    return tables.sql(
        "select entity, note, shop, amount from things where event_at = (select max(event_at) from things)"
    )


def train(data, params, seed):
    features = data[["note", "shop", "amount"]]{TEXT_MODELS[model]}"""
    return Things(
        name="tickets",
        places={
            "gates": "[surely(roc_auc >= 0.7), better than majority]",
            "deployment": "{mode: batch, schedule: monthly, objective: 95%, approval: {by: business}}",
            "metrics": "[roc_auc, recall, calibration_error]",
            "triggers": "[{when: drift, do: alert}, {when: surely(roc_auc < 0.7), do: retrain}]",
        },
        code=code,
        things=tickets,
        ends=_escalated,
    )


def tickets(month: int) -> pd.DataFrame:
    """The tickets of a month."""
    rng = np.random.default_rng(100 + month)
    lengths = rng.integers(5, 40, TICKETS)
    notes = [" ".join(rng.choice([*WORDS, *TELLING], length)) for length in lengths]
    known = np.char.add("shop ", (rng.zipf(1.3, TICKETS) % SHOPS).astype(str))
    new = np.char.add(f"new in {month}: ", np.arange(TICKETS).astype(str))
    return pd.DataFrame(
        {
            "note": [f"{note}, ticket {month}/{number}" for number, note in enumerate(notes)],
            "shop": np.where(rng.random(TICKETS) < NEW_SHOPS, new, known),
            "amount": rng.gamma(2, 50, TICKETS),
        }
    )


def _escalated(month: int, rows: pd.DataFrame) -> pd.DataFrame:
    score = rows["note"].str.count("|".join(TELLING)) - 3.4 + (rows["amount"] > 150)
    chance = 1 / (1 + np.exp(-2 * score))
    return rows.loc[np.random.default_rng(month).random(len(rows)) < chance, ["thing"]]


MACHINES = 1200
NUMBERS = list("abcde")
EMPTY = {"d": (2, 4, 6), "colour": (0, 1, 2, 8), "b": (8,)}
"""The months in which a column is wholly missing."""
GAPS_CODE = """
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder


def build(tables, as_of):
    return tables.sql(
        "select entity, a, b, c, d, e, colour, works from things where event_at = (select max(event_at) from things)"
    )


def train(data, params, seed):
    colours = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder = make_column_transformer((colours, ["colour"]), ("passthrough", ["a", "b", "c", "d", "e", "works"]))
    model = HistGradientBoostingClassifier(max_iter=60, random_state=seed)
    features = data[["a", "b", "c", "d", "e", "colour", "works"]]
    return make_pipeline(encoder, model).fit(features, data["outcome"])
"""


def machines(month: int) -> pd.DataFrame:
    """Three in ten values of every column are missing, and some columns are empty."""
    rng = np.random.default_rng(100 + month)
    rows = pd.DataFrame(rng.normal(size=(MACHINES, len(NUMBERS))), columns=NUMBERS)
    rows["colour"] = rng.choice(["red", "green", "blue"], MACHINES)
    rows["works"] = pd.Series(rng.random(MACHINES) < 0.5, dtype=object)
    for name in rows:
        rows.loc[rng.random(MACHINES) < 0.3, name] = None
    for name, months in EMPTY.items():
        if month in months:
            rows[name] = pd.Series([None] * MACHINES, dtype=rows[name].dtype)
    return rows


def _broke(month: int, rows: pd.DataFrame) -> pd.DataFrame:
    """By what was there, also where nobody wrote it down in the month that came empty."""
    rng = np.random.default_rng(month)
    score = 2.2 * rows["a"].fillna(0) + 1.5 * rows["b"].fillna(0) - 0.9
    return rows.loc[rng.random(len(rows)) < 1 / (1 + np.exp(-score)), ["thing"]]


GAPS = Things(
    name="gaps",
    places={
        "gates": "[surely(roc_auc >= 0.6), better than majority]",
        "deployment": "{mode: batch, schedule: monthly, objective: 95%}",
        "metrics": "[roc_auc, recall, brier]",
        "triggers": "[{when: drift, do: alert}, {when: surely(brier > 0.4), do: retrain}]",
    },
    code=GAPS_CODE,
    things=machines,
    ends=_broke,
)

PARTS = 20_000
FAILED = {**dict.fromkeys(range(12), 20), 5: 0, 6: 60, 8: 0}
"""How many of the parts of a month fail: none in May, which is first held out, and none in August, a window."""
RARE_CODE = """
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from xgboost import XGBClassifier


def build(tables, as_of):
    return tables.sql(
        "select entity, a, b, c, maker from things where event_at = (select max(event_at) from things)"
    )


def train(data, params, seed):
    encoder = make_column_transformer((OrdinalEncoder(), ["maker"]), ("passthrough", ["a", "b", "c"]))
    model = XGBClassifier(n_estimators=40, max_depth=2, learning_rate=0.2, n_jobs=1, random_state=seed)
    return make_pipeline(encoder, model).fit(data[["a", "b", "c", "maker"]], data["outcome"])
"""


def parts(month: int) -> pd.DataFrame:
    """Parts of two makers."""
    rng = np.random.default_rng(100 + month)
    rows = pd.DataFrame(rng.normal(size=(PARTS, 3)), columns=list("abc"))
    return rows.assign(maker=rng.choice(["north", "south"], PARTS))


def _failed(month: int, rows: pd.DataFrame) -> pd.DataFrame:
    score = 2 * rows["a"] + rows["b"] + np.random.default_rng(month).normal(size=len(rows))
    return rows.loc[score.nlargest(FAILED[month]).index, ["thing"]]


RARE = Things(
    name="rare",
    places={
        "kpi": "{name: fail_rate, baseline: 0.1%, target: 0.05%, better: lower}",
        "gates": "[surely(roc_auc >= 0.6), recall >= 0.1]",
        "deployment": "{mode: batch, schedule: monthly, objective: 95%, threshold: 0.01, approval: {by: business}}",
        "metrics": "[roc_auc, average_precision, recall, precision]",
        "triggers": "[{when: surely(roc_auc < 0.6), do: retrain}, {when: surely(recall < 0.1), do: alert},"
        " {when: surely(fail_rate > baseline), do: alert}]",
    },
    code=RARE_CODE,
    things=parts,
    ends=_failed,
)
