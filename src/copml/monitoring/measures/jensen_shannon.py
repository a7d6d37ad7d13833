"""Jensen-Shannon distance: the square root of the divergence to the base 2.

Invariant: a distance in 0..1, with the triangle inequality (Endres and Schindelin 2003); 1 where no bin is shared.
"""

import numpy as np

from copml.monitoring.measures.shares import Floats, shares
from copml.records import Bins


def jensen_shannon(reference: Bins, window: Bins) -> float:
    """Jensen-Shannon distance, 0..1.

    >>> sides = [Bins(kind="number", counts=rows, missing=0, edges=(0.0,)) for rows in ((5, 0), (0, 7))]
    >>> jensen_shannon(*sides)
    1.0
    """
    a, b = shares(reference, window)
    middle = (a + b) / 2
    return float(np.sqrt(min(1.0, max(0.0, (_divergence(a, middle) + _divergence(b, middle)) / 2))))


def _divergence(share: Floats, middle: Floats) -> float:
    used = share > 0
    return float(share[used] @ np.log2(share[used] / middle[used]))
