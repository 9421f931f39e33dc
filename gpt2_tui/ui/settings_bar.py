"""The row of controls: what the next generation will be made with."""

from textual.app import ComposeResult
from textual.containers import HorizontalScroll

from gpt2_tui.settings import (
    LENGTH,
    PANES,
    SEED,
    TEMPERATURE,
    TOP_K,
    TOP_P,
    NumberField,
    Sampling,
    Settings,
    TopPRule,
)
from gpt2_tui.ui.number_control import NumberControl

_SHORT_LABELS = {TEMPERATURE: "temp", TOP_K: "k", TOP_P: "p", LENGTH: "len", PANES: "panes"}


class SettingsBar(HorizontalScroll, can_focus=False):
    """Controls for temperature, top-k, top-p, length, seed and the number of panes."""

    def compose(self) -> ComposeResult:
        for field in (TEMPERATURE, TOP_K, TOP_P, LENGTH):
            yield NumberControl(field, _SHORT_LABELS[field])
        yield NumberControl(SEED, "seed", unset="new")
        yield NumberControl(PANES, _SHORT_LABELS[PANES])

    def control(self, field: NumberField) -> NumberControl:
        return self.query_one(f"#setting-{field.name}", NumberControl)

    @property
    def panes(self) -> int:
        return int(self._number(PANES))

    @property
    def seed(self) -> int | None:
        """The seed that was set, or None where a new one is to be drawn."""
        value = self.control(SEED).value
        return None if value is None else int(value)

    def settings(self, seed: int) -> Settings:
        """The settings of a generation with `seed`."""
        sampling = Sampling(
            temperature=self._number(TEMPERATURE),
            top_k=int(self._number(TOP_K)),
            top_p=self._number(TOP_P),
        )
        return Settings(sampling=sampling, length=int(self._number(LENGTH)), seed=seed)

    def show(self, settings: Settings) -> list[str]:
        """Set the controls to `settings`, the seed included; what of them has no control here."""
        sampling = settings.sampling
        self.control(TEMPERATURE).set_value(sampling.temperature)
        self.control(TOP_K).set_value(sampling.top_k)
        self.control(TOP_P).set_value(sampling.top_p)
        self.control(LENGTH).set_value(settings.length)
        self.control(SEED).set_value(settings.seed)
        lacking = {
            f"the {sampling.top_p_rule} rule of top-p": sampling.top_p_rule is not TopPRule.USUAL
            and sampling.top_p < 1,
            "the watermark": sampling.leaves_marks,
            "stop texts": bool(settings.stop),
            "writing on past <|endoftext|>": settings.keep_going,
        }
        return [name for name, is_lacking in lacking.items() if is_lacking]

    def focus_first(self) -> None:
        self.control(TEMPERATURE).focus()

    def _number(self, field: NumberField) -> float:
        value = self.control(field).value
        return field.default if value is None else value
