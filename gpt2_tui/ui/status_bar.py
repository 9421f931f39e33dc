"""The line at the top: the draft, the model that is really in use, the window, the speed."""

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from gpt2_tui.text.visible import one_line

if TYPE_CHECKING:
    from gpt2_tui.loading import LoadedModel


class StatusBar(Widget):
    """Every part is a reactive text or number; the line is drawn from them."""

    draft_name: reactive[str] = reactive("draft")
    model: reactive[str] = reactive("loading the model…")
    window_used: reactive[int] = reactive(0)
    window: reactive[int] = reactive(0)
    prompt_tokens: reactive[int] = reactive(0)
    synthetic_percent: reactive[int] = reactive(0)
    activity: reactive[str] = reactive("")

    def show_model(self, model: "LoadedModel | None") -> None:
        """Name the model in use, its precision and what it runs on."""
        if model is None:
            self.model = "no model"
            return
        self.model = model_parts(model)
        self.window = model.window

    def show_window(self, tokens: int, in_sight: int) -> None:
        """So many tokens stand before the cursor, so many of them the model sees."""
        self.prompt_tokens = tokens
        self.window_used = in_sight

    def render(self) -> Content:
        left = one_line(f" {self.draft_name}")
        parts = [one_line(self.model)]
        if self.window:
            parts.append(self._window_part())
        if self.synthetic_percent:
            parts.append(f"{self.synthetic_percent} % synthetic")
        if self.activity:
            parts.append(one_line(self.activity))
        right = " │ ".join(parts) + " "
        gap = self.size.width - Content(left).cell_length - Content(right).cell_length
        if gap < 1:
            return Content(" " + right).truncate(self.size.width, ellipsis=True)
        return Content.assemble((left, "bold"), " " * gap, right)

    def _window_part(self) -> str:
        cut = self.prompt_tokens - self.window_used
        return f"window {self.window_used}/{self.window}" + (f", {cut} cut" if cut > 0 else "")


def model_parts(model: "LoadedModel") -> str:
    """A model's name, precision, and what it runs on."""
    from gpt2_tui.engine.runtime import PROVIDER_NAMES

    session = model.session
    return f"{model.name} · {session.precision} · {PROVIDER_NAMES[session.provider]}"
