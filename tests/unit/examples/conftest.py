"""The churn example's folder is where its project's code is imported from, as it is in a workspace."""

import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[3] / "examples" / "telco_churn"
sys.path.insert(0, str(EXAMPLE))
