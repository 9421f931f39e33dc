"""The row of controls: what the next generation will be made with."""

from dataclasses import asdict, dataclass, fields

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalScroll
from textual.message import Message

from gpt2_tui.preferences.presets import Preset, all_presets
from gpt2_tui.preferences.schema import Preferences
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
    Stopping,
    fresh_seed,
)
from gpt2_tui.ui.number_control import NumberControl
from gpt2_tui.ui.preset_control import PresetControl
from gpt2_tui.ui.settling import settle
from gpt2_tui.ui.taken_settings import taken_over
from gpt2_tui.ui.watermark_control import WatermarkControl

_SHORT_LABELS = {TEMPERATURE: "temp", TOP_K: "k", TOP_P: "p", LENGTH: "len", PANES: "panes"}


class SettingsBar(HorizontalScroll, can_focus=False):
    """Controls for temperature, top-k, top-p, length, seed and the number of panes, the name of the
    preset that they are, and the watermark once it is on. `stopping` has no control here; it counts
    in the settings all the same."""

    @dataclass
    class PresetUsed(Message):
        """All that a preset sets was changed, at once."""

        preset: Preset

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self._top_p_rule = preferences.sampling.top_p_rule
        self.stopping = preferences.stopping

    def compose(self) -> ComposeResult:
        for field in (TEMPERATURE, TOP_K, TOP_P, LENGTH):
            yield self._control_of(field)
        yield NumberControl(SEED, "seed", unset="new")
        yield self._control_of(PANES)
        yield PresetControl()
        yield WatermarkControl(self._preferences.watermark)

    def on_mount(self) -> None:
        self._name_preset()

    def control(self, field: NumberField) -> NumberControl:
        return self.query_one(f"#setting-{field.name}", NumberControl)

    async def settle(self) -> None:
        """Take what is being typed in a control: a key of the desk comes first, and leaves the
        focus where it is."""
        if isinstance(self.screen.focused, NumberControl):
            await settle(self.screen.focused)
        for control in self.query(NumberControl):
            control.commit()
        self._name_preset()

    @property
    def panes(self) -> int:
        return int(self._number(PANES))

    @property
    def seed(self) -> int | None:
        """The seed that was set, or None where a new one is to be drawn."""
        value = self.control(SEED).value
        return None if value is None else int(value)

    @property
    def seed_or_fresh(self) -> int:
        """The seed that was set, or a new one at each call."""
        seed = self.seed
        return fresh_seed() if seed is None else seed

    @property
    def sampling(self) -> Sampling:
        return Sampling(
            temperature=self._number(TEMPERATURE),
            top_k=int(self._number(TOP_K)),
            top_p=self._number(TOP_P),
            top_p_rule=self._top_p_rule,
            watermark=self._watermark.is_on,
        )

    @property
    def presets(self) -> tuple[Preset, ...]:
        return all_presets(self._preferences.sampling, self._preferences.presets)

    def settings(self, seed: int) -> Settings:
        """The settings of a generation with `seed`."""
        length = int(self._number(LENGTH))
        return Settings(sampling=self.sampling, length=length, seed=seed, **asdict(self.stopping))

    def use(self, preset: Preset) -> None:
        """Draw as `preset` says, and tell it: one change, not four."""
        self._draw_by(preset.sampling)
        self._name_preset()
        self.post_message(self.PresetUsed(preset))

    def take_over(self, stored: Preferences) -> None:
        """Begin anew from what was stored in place of other defaults; the rest stays as it is."""
        before, self._preferences = self._preferences, stored
        for field in (TEMPERATURE, TOP_K, TOP_P, LENGTH, PANES):
            if stored.value(field) != before.value(field):
                self.control(field).set_default(float(stored.value(field)))
        if stored.top_p_rule != before.top_p_rule:
            self._top_p_rule = stored.sampling.top_p_rule
        if stored.watermark != before.watermark:
            self._watermark.is_on = stored.watermark
        if stored.stopping != before.stopping:
            self.stopping = stored.stopping
        self._name_preset()

    def adopt(self, settings: Settings) -> str:
        """Show the settings of a text; what to say of that."""
        before = self.settings(settings.seed)
        self.show(settings)
        return taken_over(before, self.settings(settings.seed))

    def show(self, settings: Settings) -> None:
        """Set the controls to `settings`, the seed and the watermark included."""
        self._draw_by(settings.sampling)
        self.control(LENGTH).set_value(settings.length)
        self.control(SEED).set_value(settings.seed)
        self.stopping = Stopping(
            **{each.name: getattr(settings, each.name) for each in fields(Stopping)}
        )
        self._watermark.is_on = settings.sampling.watermark
        self._name_preset()

    def _draw_by(self, sampling: Sampling) -> None:
        """All of `sampling` but the watermark, which is no part of a preset."""
        self.control(TEMPERATURE).set_value(sampling.temperature)
        self.control(TOP_K).set_value(sampling.top_k)
        self.control(TOP_P).set_value(sampling.top_p)
        self._top_p_rule = sampling.top_p_rule

    def focus_first(self) -> None:
        self.control(TEMPERATURE).focus()

    @on(NumberControl.Changed)
    def _name_preset(self) -> None:
        names = [each.name for each in self.presets if each.matches(self.sampling)]
        self.query_one(PresetControl).preset = names[0] if names else None

    @on(PresetControl.Stepped)
    def _step_preset(self, message: PresetControl.Stepped) -> None:
        presets = self.presets
        names = [preset.name for preset in presets]
        shown = self.query_one(PresetControl).preset
        if shown is not None:
            self.use(presets[(names.index(shown) + message.steps) % len(presets)])
        else:
            self.use(presets[0 if message.steps > 0 else -1])

    @property
    def _watermark(self) -> WatermarkControl:
        return self.query_one(WatermarkControl)

    def _control_of(self, field: NumberField) -> NumberControl:
        default = float(self._preferences.value(field))
        return NumberControl(
            field, _SHORT_LABELS[field], default=int(default) if field.whole else default
        )

    def _number(self, field: NumberField) -> float:
        value = self.control(field).value
        return field.default if value is None else value
