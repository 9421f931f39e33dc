"""The model and the engine that a label names, found on this machine."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gpt2_tui.engine.cuda import cuda
from gpt2_tui.engine.runtime import CPU_PROVIDER, CUDA_PROVIDER, PROVIDER_NAMES, Device
from gpt2_tui.errors import ReplayError, UserError
from gpt2_tui.labels.record import engine_record
from gpt2_tui.labels.record_check import RecordedMaker
from gpt2_tui.loading import LoadedModel, load_folder
from gpt2_tui.models.manifest import TOKENIZER_FILE, Graph, Manifest
from gpt2_tui.models.registry import list_models, open_model

_DEVICES = {CPU_PROVIDER: Device.CPU, CUDA_PROVIDER: Device.CUDA}
_DIGITS_SHOWN = 12


def load_recorded(maker: RecordedMaker, reference: str | None = None) -> LoadedModel:
    """Load the very graph and tokenizer that `maker` names: from the model `reference`, or from
    whichever model on this machine has them. Names and places do not matter, sha256 does.

    Raises ReplayError that says what is missing.
    """
    device = _device(maker.engine["provider"])
    if reference is None:
        reference = _holder(maker)
    try:
        folder = open_model(reference)
        graph = _recorded_graph(folder.manifest, maker)
        if graph is None:
            raise ReplayError(
                f"the model {folder.manifest.name} is not the one of the label: "
                f"{_lacking(folder.manifest, maker)}"
            )
        alone = replace(folder, manifest=replace(folder.manifest, graphs=(graph,)))
        return load_folder(alone, device)
    except ReplayError:
        raise
    except UserError as error:
        raise ReplayError(str(error)) from error


def engine_differences(maker: RecordedMaker, model: LoadedModel) -> dict[str, tuple[str, str]]:
    """In what the engine here is not the one of the label: name, then there and here."""
    here = engine_record(model.maker)
    return {name: (was, here[name]) for name, was in maker.engine.items() if was != here[name]}


def _device(provider: str) -> Device:
    device = _DEVICES.get(provider)
    if device is None:
        raise ReplayError(f"its engine ran on {provider}, which this program does not know")
    if device is Device.CUDA and (fault := cuda().fault) is not None:
        raise ReplayError(f"it was written with CUDA, which cannot be used here: {fault}")
    return device


def _holder(maker: RecordedMaker) -> str:
    """The name of a model on this machine that has what the label names."""
    namesakes: list[Manifest] = []
    for name, manifest in _manifests():
        if _recorded_graph(manifest, maker) is not None:
            return name
        if manifest.name == maker.model:
            namesakes.append(manifest)
    wanted = f"no model on this machine is the {maker.model} of the label"
    lacking = _lacking(namesakes[0], maker) if namesakes else f"it has {_files(maker.files)}"
    raise ReplayError(
        f"{wanted}: {lacking}; get the model, or name its folder with --model; "
        "`gpt2-tui models list` shows what is here"
    )


def _manifests() -> Iterator[tuple[str, Manifest]]:
    for listed in list_models():
        if listed.model is not None:
            yield listed.name, listed.model.manifest


def _recorded_graph(manifest: Manifest, maker: RecordedMaker) -> Graph | None:
    """The graph that wrote the text, if the model has it and its tokenizer, byte for byte."""
    recorded = set(maker.files.values())
    if manifest.files[TOKENIZER_FILE].sha256 != maker.tokenizer_sha256:
        return None
    for graph in manifest.graphs:
        files = [name for name in (graph.file, graph.data, graph.step) if name is not None]
        same = all(manifest.files[name].sha256 in recorded for name in files)
        if same and _is_for(graph, maker):
            return graph
    return None


def _is_for(graph: Graph, maker: RecordedMaker) -> bool:
    provider = maker.engine["provider"]
    return graph.precision == maker.engine["precision"] and provider in graph.providers


def _lacking(manifest: Manifest, maker: RecordedMaker) -> str:
    """What keeps a model from being that of the label."""
    here = {digest.sha256 for digest in manifest.files.values()}
    missing = {name: sha256 for name, sha256 in maker.files.items() if sha256 not in here}
    if missing:
        return f"it lacks {_files(missing)}"
    precision, provider = maker.engine["precision"], maker.engine["provider"]
    return f"it has no graph of {precision} for {PROVIDER_NAMES[provider]}"


def _files(files: Mapping[str, str]) -> str:
    return ", ".join(f"{name} (sha256 {sha256[:_DIGITS_SHOWN]}…)" for name, sha256 in files.items())
