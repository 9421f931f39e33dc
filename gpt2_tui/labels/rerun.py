"""One generation of a label, run again until it ends or a token is not that of the label."""

from collections.abc import Callable
from dataclasses import dataclass

from gpt2_tui.continuations import first_ids
from gpt2_tui.engine.generation import Drawn, Generation, Lane, LaneEnded
from gpt2_tui.engine.randomness import uniform
from gpt2_tui.engine.sampling import distance
from gpt2_tui.engine.stop_reason import StopReason
from gpt2_tui.labels.record_check import RecordedGeneration
from gpt2_tui.loading import LoadedModel
from gpt2_tui.writing import Writing


@dataclass(frozen=True)
class Difference:
    """The first token of a generation (its number from 1) that is not that of the label.

    `place` counts tokens from 0. A token is None where the generation ends. `draw_margin` is how
    far the draw, a number in [0, 1), lies from those that give the label's token (None if none
    does, or with a watermark); `logit_margin` is how much larger the logit of the drawn token is.
    """

    generation: int
    place: int
    recorded: int | None
    drawn: int | None
    draw_margin: float | None
    logit_margin: float | None


class Rerun:
    """A generation that was run again; `place` tokens are the same."""

    def __init__(
        self,
        model: LoadedModel,
        recorded: RecordedGeneration,
        progress: Callable[[int, bytes], None],
    ) -> None:
        """Runs it. `progress` is told how many tokens are the same, and the text that they add.

        The prompt must fit into the model's window. Raises ModelError if the model fails.
        """
        self._recorded = recorded
        self.place = 0
        self._drawn: int | None = None
        self._ended: StopReason | None = None
        self._model = model
        self._progress = progress
        settings = recorded.settings
        self._writing = Writing(settings, after_space=recorded.after_space)
        lane = Lane(
            recorded.lane,
            settings.seed,
            settings.sampling,
            settings.most_tokens,
            settings.keep_going,
            first=first_ids(model, after_space=recorded.after_space),
        )
        self._generation = Generation(model.session, recorded.prompt_ids, [lane])
        self._run()
        progress(self.place, self._writing.finish())

    @property
    def written(self) -> bytes:
        """Its text without the prompt."""
        return bytes(self._writing.written)

    @property
    def differs(self) -> bool:
        """Whether it ended elsewhere, or for another reason, than the label says."""
        return self._ended is not self._recorded.stop_reason or self.place < len(self._recorded.ids)

    @property
    def _is_marked(self) -> bool:
        """Whether the watermark chose its tokens: then no single number was drawn."""
        return self._recorded.settings.sampling.leaves_marks

    def difference(self, number: int) -> Difference:
        """Where it differs, which it does, as generation `number` of its label."""
        expected = self._expected()
        draw_margin = logit_margin = None
        if expected is not None and self._drawn is not None:
            recorded = self._recorded
            logits = self._generation.last_logits(recorded.lane)
            if not self._is_marked:
                luck = uniform(recorded.settings.seed, recorded.lane, self.place)
                choice = self._generation.last_choice(recorded.lane, self.place)
                draw_margin = distance(choice, luck, expected)
            if expected < len(logits):
                logit_margin = float(logits[self._drawn]) - float(logits[expected])
        return Difference(number, self.place, expected, self._drawn, draw_margin, logit_margin)

    def told(self, difference: Difference) -> str:
        """A difference of this generation in words."""
        where = f"generation {difference.generation}, token {difference.place + 1}"
        if difference.recorded is None and difference.drawn is None:
            was, here = self._recorded.stop_reason, self._ended
            return (
                f"{where}: the label says that it ended there by {was!s}, here it did by {here!s}"
            )
        told = (
            f"{where}: the label has {self._token(difference.recorded)}, "
            f"drawn was {self._token(difference.drawn)}"
        )
        if difference.draw_margin is not None:
            told += f"; the draw missed the label's token by {difference.draw_margin:.3g}"
        elif None not in (difference.recorded, difference.drawn) and not self._is_marked:
            told += "; no draw gives the label's token"
        if difference.logit_margin is not None:
            # A draw, and a watermark even more, may take a token that is not the likelier one.
            which = "lower" if difference.logit_margin >= 0 else "higher"
            told += f"; its logit is {abs(difference.logit_margin):.3g} {which}"
        return told

    def _run(self) -> None:
        ids = self._recorded.ids
        if self._was_stopped_here:
            self._ended = StopReason.STOPPED
            return
        for event in self._generation:
            match event:
                case Drawn(_, token_id):
                    if self.place >= len(ids) or token_id != ids[self.place]:
                        self._drawn = token_id
                        return
                    self.place += 1
                    data = self._model.tokenizer.bytes_of(token_id)
                    self._progress(self.place, self._writing.add(token_id, data))
                    if self._writing.ended is not None:
                        self._ended = self._writing.ended
                        return
                case LaneEnded(_, reason):
                    self._ended = reason
                    if reason is StopReason.END_OF_TEXT:
                        self._drawn = self._model.tokenizer.end_of_text
                    return
            if self._was_stopped_here:
                self._ended = StopReason.STOPPED
                return

    @property
    def _was_stopped_here(self) -> bool:
        """Whether a person stopped the generation of the label after as many tokens."""
        recorded = self._recorded
        return recorded.stop_reason is StopReason.STOPPED and self.place == len(recorded.ids)

    def _expected(self) -> int | None:
        """What the label has where this run is."""
        if self.place < len(self._recorded.ids):
            return self._recorded.ids[self.place]
        ended = self._recorded.stop_reason is StopReason.END_OF_TEXT
        return self._model.tokenizer.end_of_text if ended else None

    def _token(self, token_id: int | None) -> str:
        if token_id is None:
            return "its end"
        if token_id >= self._model.session.architecture.vocabulary:
            return f"{token_id}, which the model has not"
        text = self._model.tokenizer.bytes_of(token_id).decode("utf-8", "replace")
        return f"{token_id} {text!r}"
