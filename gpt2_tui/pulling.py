"""From the hub to a registered model in one go: fetched, exported, checked, listed; or nothing."""

from dataclasses import dataclass
from pathlib import Path

from gpt2_tui.errors import ModelError
from gpt2_tui.hub.checkpoint import checkpoint_from_hub, only_pull
from gpt2_tui.hub.client import find_repository, is_commit
from gpt2_tui.hub.names import HubModel, short_name
from gpt2_tui.hub.progress import Report, StageProgress
from gpt2_tui.models.exporting import acceptance, exporter
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.manifest import Source
from gpt2_tui.models.registration import check_name, registering
from gpt2_tui.models.registry import find_registered, open_model
from gpt2_tui.text.visible import quoted


@dataclass(frozen=True)
class Pulled:
    """The registered model, and whether it was there before."""

    folder: ModelFolder
    was_there: bool


def pull(
    wanted: HubModel, report: Report, *, name: str | None = None, precision: str | None = None
) -> Pulled:
    """Fetch, export and register a model of the hub, called `name` or as the hub calls it.

    What is registered already is not fetched again. `report` hears of everything; an exception
    that it raises ends the pull. Whatever happens, a model is registered whole or not at all, and
    what was downloaded stays for the next try. Raises UserError.
    """
    name = _name_for(wanted, name)
    _check_precision(precision)
    if (there := _registered(wanted, name, precision)) is not None:
        return Pulled(there, was_there=True)
    with only_pull(report):
        # Another pull may have brought it while this one waited.
        if (there := _registered(wanted, name, precision)) is not None:
            return Pulled(there, was_there=True)
        with checkpoint_from_hub(wanted, acceptance(), report) as checkpoint:
            source = Source("hub", checkpoint.repository, checkpoint.commit)
            with registering(name) as folder:
                _export(checkpoint.folder, folder, source, precision, report)
    return Pulled(open_model(name), was_there=False)


def pull_folder(
    checkpoint: Path, report: Report, *, name: str | None = None, precision: str | None = None
) -> Pulled:
    """Export a checkpoint that is on this machine, and register it as `name` or as its folder is
    called, but for the old names of known models, such as 124M, which would then mean this one. As
    for `pull`, it is registered whole or not at all. Raises UserError."""
    name = checkpoint.resolve().name if name is None else name
    check_name(name)
    if short_name(name) not in (None, name):
        raise ModelError(
            f"{name} means the model {short_name(name)}; give this one another name with --name"
        )
    _check_precision(precision)
    with only_pull(report):
        if find_registered(name) is not None:
            raise _taken(name)
        with registering(name) as folder:
            _export(checkpoint, folder, None, precision, report)
    return Pulled(open_model(name), was_there=False)


def _check_precision(precision: str | None) -> None:
    """Raise ModelError if there is no such precision, before anything is fetched."""
    known = exporter().PRECISIONS
    if precision is not None and precision not in known:
        raise ModelError(f"precision {quoted(repr(precision))} is not one of {', '.join(known)}")


def _export(
    checkpoint: Path, out: Path, source: Source | None, precision: str | None, report: Report
) -> None:
    exporter().export_checkpoint(
        checkpoint,
        out,
        precision=precision or exporter().DEFAULT_PRECISION,
        origin=source,
        progress=lambda each: report(StageProgress(each.stage, each.done)),
    )


def _name_for(wanted: HubModel, given: str | None) -> str:
    """The name to register under. Raises ModelError where it would mislead or cannot be."""
    name = wanted.name if given is None else given
    check_name(name)
    meant = short_name(name)
    if meant is not None and short_name(wanted.repository) != meant:
        raise ModelError(
            f"{name} is the name of another model, not of {wanted.repository}; give one with --name"
        )
    return name


def _registered(wanted: HubModel, name: str, precision: str | None) -> ModelFolder | None:
    """The model `name`, if it is what is wanted. Raises ModelError if it is something else."""
    listed = find_registered(name)
    if listed is None:
        return None
    if listed.model is None:
        raise ModelError(f"{listed.fault}; remove it first: gpt2-tui models remove {name}")
    manifest = listed.model.manifest
    same = (
        (manifest.source.kind, manifest.source.name) == ("hub", wanted.repository)
        and precision in (None, *(graph.precision for graph in manifest.graphs))
        and _leads_to(wanted, manifest.source.revision)
    )
    if not same:
        raise _taken(name)
    return listed.model


def _leads_to(wanted: HubModel, commit: str | None) -> bool:
    """Whether a model of that commit is what is wanted. What the name of a branch or a tag leads to
    is asked of the hub. Raises HubError."""
    if wanted.revision is None or wanted.revision == commit:
        return True
    if is_commit(wanted.revision):
        return False
    return find_repository(wanted.repository, wanted.revision).commit == commit


def _taken(name: str) -> ModelError:
    return ModelError(
        f"there is another model {name} already; give this one another name with --name, or"
        f" remove that: gpt2-tui models remove {name}"
    )
