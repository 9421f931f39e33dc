"""The likeliest next tokens, as the graph picks them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Likeliest:
    """Tokens by falling logit, equal ones by rising id: int64 `ids` and float32 `logits`, both
    [.., candidates]."""

    ids: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]

    def __getitem__(self, place: int | tuple[slice, int]) -> "Likeliest":
        """Those of one row, or of one place of every row."""
        return Likeliest(self.ids[place], self.logits[place])

    def in_order(self) -> "Likeliest":
        """The same, with equal logits by rising id where they came in any order."""
        order = np.lexsort((self.ids, -self.logits), axis=-1)
        return Likeliest(
            np.take_along_axis(self.ids, order, -1), np.take_along_axis(self.logits, order, -1)
        )
