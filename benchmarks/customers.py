"""Rows like those of telco churn: 19 features, 15 of them text; from the real table where it is, made up otherwise.

The real table is resampled, with a little noise on the charges, so that a million rows are not seven thousand repeated.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

REAL = Path(os.environ.get("COPML_DATA", Path(__file__).parents[2] / "shared" / "data")) / "telco_churn"
NUMBERS = ("SeniorCitizen", "tenure", "MonthlyCharges", "TotalCharges")
INTERNET = ("Yes", "No", "No internet service")
CHOICES: dict[str, tuple[str, ...]] = {
    "gender": ("Female", "Male"),
    "Partner": ("Yes", "No"),
    "Dependents": ("Yes", "No"),
    "PhoneService": ("Yes", "No"),
    "MultipleLines": ("Yes", "No", "No phone service"),
    "InternetService": ("DSL", "Fiber optic", "No"),
    "OnlineSecurity": INTERNET,
    "OnlineBackup": INTERNET,
    "DeviceProtection": INTERNET,
    "TechSupport": INTERNET,
    "StreamingTV": INTERNET,
    "StreamingMovies": INTERNET,
    "Contract": ("Month-to-month", "One year", "Two year"),
    "PaperlessBilling": ("Yes", "No"),
    "PaymentMethod": ("Electronic check", "Mailed check", "Bank transfer (automatic)", "Credit card (automatic)"),
}


def customers(rows: int, random: np.random.Generator) -> pa.Table:
    """Feature columns of that many customers."""
    files = sorted(REAL.glob("*.csv"))
    table = _resampled(files[0], rows, random) if files else _made_up(rows, random)
    return pa.table({name: table[name] for name in (*CHOICES, *NUMBERS)})


def labels(table: pa.Table, random: np.random.Generator) -> np.ndarray:
    """Who leaves, 0 or 1: new customers with monthly contracts and high charges more often."""
    logit = -1.5 - 0.04 * table["tenure"].to_numpy() + 0.02 * table["MonthlyCharges"].to_numpy()
    logit += np.where(np.array(table["Contract"].to_pylist()) == "Month-to-month", 1.2, -0.6)
    return (random.random(table.num_rows) < 1 / (1 + np.exp(-logit))).astype(int)


def _resampled(file: Path, rows: int, random: np.random.Generator) -> dict[str, pa.Array]:
    frame = pd.read_csv(file)
    frame["TotalCharges"] = pd.to_numeric(frame["TotalCharges"], errors="coerce").fillna(0.0)
    drawn = random.integers(len(frame), size=rows)
    text = {name: pa.array(frame[name], pa.string()).take(pa.array(drawn)) for name in CHOICES}
    numbers = {name: frame[name].to_numpy(dtype=float)[drawn] for name in NUMBERS}
    numbers["MonthlyCharges"] = (numbers["MonthlyCharges"] + random.normal(0, 2, rows)).round(2)
    return text | {name: pa.array(values) for name, values in numbers.items()}


def _made_up(rows: int, random: np.random.Generator) -> dict[str, pa.Array]:
    text = {
        name: pa.DictionaryArray.from_arrays(random.integers(len(values), size=rows), list(values)).cast(pa.string())
        for name, values in CHOICES.items()
    }
    tenure = random.integers(0, 73, rows).astype(float)
    monthly = random.uniform(18, 119, rows).round(2)
    return text | {
        "SeniorCitizen": pa.array((random.random(rows) < 0.16).astype(float)),
        "tenure": pa.array(tenure),
        "MonthlyCharges": pa.array(monthly),
        "TotalCharges": pa.array((tenure * monthly).round(2)),
    }
