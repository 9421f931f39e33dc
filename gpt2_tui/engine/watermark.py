"""A watermark in the choice of tokens: Gumbel-max sampling with a published key.

Scott Aaronson's scheme ("My AI Safety Lecture for UT Effective Altruism", 2022). For each candidate
a number u in (0, 1) follows from the key, the last four generated tokens and the candidate, and the
candidate with the largest u^(1/p) is drawn. Over all contexts a candidate is drawn with exactly its
probability p, so one text is no worse for it; but the u of the tokens drawn lie nearer to 1 than
chance would have them, which `watermark_evidence` counts. Repeated contexts are left out, as Hu et
al., "Unbiased Watermark for Large Language Models" (2023), do.

The u of one context come from a keyed BLAKE2b of its four ids and then from the output function of
SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014), once for
the candidate and once for the sub-key, so that those of a whole vocabulary, or of all sub-keys, are
a few operations on arrays.
"""

import numpy as np
import numpy.typing as npt

from gpt2_tui.engine.sampling import Candidates
from gpt2_tui.engine.watermark_key import Words

Numbers = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)


def draw_marked(choice: Candidates, words: Words, sub_key: int) -> int:
    """The token that the context behind `words` and the sub-key draw of the distribution."""
    luck = uniforms(
        np.array([words], np.uint64), choice.ids.astype(np.uint64), np.array([sub_key], np.uint64)
    )
    # The largest u^(1/p) has the smallest -ln(u)/p. Of a candidate with p = 0 that is infinite.
    with np.errstate(divide="ignore", over="ignore"):
        waiting = -np.log(luck) / choice.probabilities
    return int(choice.ids[waiting.argmin()])


def uniforms(words: Numbers, ids: Numbers, sub_keys: Numbers) -> npt.NDArray[np.float64]:
    """Numbers in (0, 1), odd multiples of 2^-53, for contexts, candidates and sub-keys.

    `words` is [..., 2]; its leading axes, `ids` and `sub_keys` have at least one axis each and are
    broadcast together.
    """
    # Arrays of numpy count modulo 2^64, without a warning.
    of_candidate = _mixed(words[..., 0] + _GAMMA * ids)
    bits = _mixed(of_candidate ^ (words[..., 1] + _GAMMA * sub_keys))
    return ((bits >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def _mixed(numbers: Numbers) -> Numbers:
    """The output function of SplitMix64."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
