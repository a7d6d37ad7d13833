"""How many bikes are rented in an hour: boosted trees on counts."""

from typing import Any

from sklearn.ensemble import HistGradientBoostingRegressor

from rentals.features import NUMBERS


def train(data: Any, params: dict[str, Any], seed: int) -> HistGradientBoostingRegressor:
    """Fit on the features in `data` and `data["outcome"]` (bikes); `params`: `learning_rate`, `max_iter`."""
    model = HistGradientBoostingRegressor(
        loss="poisson", learning_rate=params["learning_rate"], max_iter=params["max_iter"], random_state=seed
    )
    return model.fit(data[NUMBERS], data["outcome"])
