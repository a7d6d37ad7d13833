"""Whether a price was above its mean of the last 24 hours: boosted trees."""

from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier

from market.features import NUMBERS


def train(data: Any, params: dict[str, Any], seed: int) -> HistGradientBoostingClassifier:
    """Fit on the features in `data` and `data["outcome"]` (1: UP); `params`: `learning_rate`, `max_iter`."""
    model = HistGradientBoostingClassifier(
        learning_rate=params["learning_rate"], max_iter=params["max_iter"], random_state=seed
    )
    return model.fit(data[NUMBERS], data["outcome"])
