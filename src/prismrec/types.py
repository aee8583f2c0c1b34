"""Array types that every module names the same way.

Letters in shapes: n rows asked for, m modalities, d dimensions, k items returned.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Csr = sparse.csr_array[Any, Any]

MODALITIES = ("image", "text", "audio")
