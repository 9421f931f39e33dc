"""Muon for the matrices of the blocks, AdamW for everything else.

Muon is Keller Jordan's (https://kellerjordan.github.io/posts/muon/): momentum whose update is
replaced by the nearest semi-orthogonal matrix, found with a few Newton-Schulz steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from .recipe import Recipe

NEWTON_SCHULZ_STEPS = 5
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Jordan's coefficients: they drive singular values to about 1, and small ones there fast."""


def orthogonalised(matrices: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrices, roughly: [N, rows, columns] to the same shape.

    Runs in bf16, which the method bears well. Wide matrices are the cheap way round: the inner
    products are then over the shorter side.
    """
    a, b, c = NEWTON_SCHULZ
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonalised updates and decoupled weight decay.

    A parameter [k * rows, columns] that fuses k projections (GPT-2's ``c_attn``) is updated as
    k matrices: ``parts`` gives k for a parameter, by its identity.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[nn.Parameter, int]],
        *,
        rate: float,
        momentum: float,
        weight_decay: float,
    ) -> None:
        by_parts: dict[int, list[nn.Parameter]] = defaultdict(list)
        for parameter, parts in parameters:
            by_parts[parts].append(parameter)
        groups = [{"params": group, "parts": parts} for parts, group in by_parts.items()]
        defaults = {"lr": rate, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(groups, defaults)

    def step(self) -> None:
        """Update every parameter from its gradient."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for parameter in group["params"]:
                by_shape[parameter.shape].append(parameter)
            with torch.no_grad():
                for parameters in by_shape.values():
                    self._update(parameters, group)

    def _update(self, parameters: list[nn.Parameter], group: dict[str, Any]) -> None:
        """Update parameters of one shape together, as one batch of matrices."""
        directions = []
        for parameter in parameters:
            gradient = parameter.grad
            state = self.state[parameter]
            if not state:
                state["momentum"] = torch.zeros_like(parameter)
            average = state["momentum"].lerp_(gradient, 1 - group["momentum"])
            directions.append(gradient.lerp(average, group["momentum"]))  # Nesterov's look-ahead
        rows, columns = parameters[0].shape
        rows //= group["parts"]
        updates = orthogonalised(torch.stack(directions).view(-1, rows, columns))
        # Jordan's factor: a tall matrix may change its longer output by as much per element.
        scale = max(1.0, rows / columns) ** 0.5
        for parameter, update in zip(
            parameters, updates.view(len(parameters), *parameters[0].shape), strict=True
        ):
            parameter.mul_(1 - group["lr"] * group["weight_decay"])
            parameter.add_(update, alpha=-group["lr"] * scale)


class Optimizers:
    """Both optimisers behind one step, with learning rates scaled by the schedule."""

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        matrices = [
            (parameter, 3 if "c_attn" in name else 1)
            for name, parameter in network.named_parameters()
            if name.startswith("h.") and parameter.ndim == 2
        ]
        chosen = {id(parameter) for parameter, _ in matrices}
        rest = [parameter for parameter in network.parameters() if id(parameter) not in chosen]
        self._parameters = list(network.parameters())
        self._gradient_norm = recipe.gradient_norm
        self._muon = Muon(
            matrices,
            rate=recipe.matrix_rate,
            momentum=recipe.matrix_momentum,
            weight_decay=recipe.matrix_weight_decay,
        )
        self._adam = torch.optim.AdamW(
            rest, lr=recipe.rate, betas=recipe.betas, weight_decay=0.0, fused=True
        )
        self._rates = (recipe.matrix_rate, recipe.rate)

    def step(self, factor: float) -> None:
        """Clip, update with both rates times ``factor``, and clear the gradients."""
        nn.utils.clip_grad_norm_(self._parameters, self._gradient_norm)
        for optimizer, rate in zip((self._muon, self._adam), self._rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Both states, to be saved."""
        return {"muon": self._muon.state_dict(), "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up both states again."""
        self._muon.load_state_dict(state["muon"])
        self._adam.load_state_dict(state["adam"])
