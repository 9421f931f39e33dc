"""The model and the engine that a label names, found on this machine."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gpt2_tui.engine.cuda import cuda
from gpt2_tui.engine.runtime import (
    CPU_PROVIDER,
    CUDA_PROVIDER,
    PROVIDER_NAMES,
    Device,
    graph_for,
)
from gpt2_tui.errors import ReplayError, UserError
from gpt2_tui.loading import LoadedModel, load_folder
from gpt2_tui.models.card_graph import PRECISION as CARD_PRECISION
from gpt2_tui.models.card_graph import kept_card_graphs, with_card_graph
from gpt2_tui.models.folder import ModelFolder
from gpt2_tui.models.maker import Maker
from gpt2_tui.models.manifest import TOKENIZER_FILE, Graph, Manifest
from gpt2_tui.models.registry import list_models, open_model

_DEVICES = {CPU_PROVIDER: Device.CPU, CUDA_PROVIDER: Device.CUDA}
_DIGITS_SHOWN = 12


def load_recorded(maker: Maker, reference: str | None = None) -> LoadedModel:
    """Load the very graph and tokenizer that `maker` names: from the model `reference`, or from
    whichever model on this machine has them. Names and places do not matter, sha256 does. A graph
    for cards may lie in the cache, or is made of the model's own weights.

    Raises ReplayError that says what is missing.
    """
    device = _device(maker)
    try:
        folder, graph = _holder(maker) if reference is None else _named(maker, reference)
        alone = replace(folder, manifest=replace(folder.manifest, graphs=(graph,)))
        return load_folder(alone, device)
    except ReplayError:
        raise
    except UserError as error:
        raise ReplayError(str(error)) from error


def engine_differences(maker: Maker, model: LoadedModel) -> dict[str, tuple[str, str]]:
    """In what the engine here is not the one of the label: name, then there and here."""
    here = model.maker.engine
    return {name: (was, here[name]) for name, was in maker.engine.items() if was != here[name]}


def _device(maker: Maker) -> Device:
    provider = maker.provider
    device = _DEVICES.get(provider)
    if device is None:
        raise ReplayError(f"its engine ran on {provider}, which this program does not know")
    if device is Device.CUDA and (fault := cuda().fault) is not None:
        mend = f"; {cuda().mend}" if cuda().mend else ""
        raise ReplayError(
            f"a graph of {maker.precision} wrote it with CUDA, which cannot be used "
            f"here: {fault}{mend}"
        )
    return device


def _named(maker: Maker, reference: str) -> tuple[ModelFolder, Graph]:
    """The folder and the graph of the label, if the model `reference` has them."""
    folder = open_model(reference)
    graph = _recorded_graph(folder.manifest, maker)
    if graph is not None:
        return folder, graph
    if (made := _card_graph_of(folder, maker)) is not None:
        return made
    raise ReplayError(
        f"the model {folder.manifest.name} is not the one of the label: "
        f"{_lacking(folder.manifest, maker)}"
    )


def _holder(maker: Maker) -> tuple[ModelFolder, Graph]:
    """A folder on this machine that has the graph of the label, and that graph."""
    namesakes: list[tuple[str, Manifest]] = []
    for name, manifest in _manifests():
        if (graph := _recorded_graph(manifest, maker)) is not None:
            return open_model(name), graph
        if manifest.name == maker.model:
            namesakes.append((name, manifest))
    for path, manifest in kept_card_graphs():
        if (graph := _recorded_graph(manifest, maker)) is not None:
            return open_model(str(path)), graph
    for name, _ in namesakes:
        if (made := _card_graph_of(open_model(name), maker)) is not None:
            return made
    wanted = f"no model on this machine is the {maker.model} of the label"
    lacking = _lacking(namesakes[0][1], maker) if namesakes else f"it has {_files(maker.files)}"
    raise ReplayError(
        f"{wanted}: {lacking}; get the model, or name its folder with --model; "
        "`gpt2-tui models list` shows what is here"
    )


def _manifests() -> Iterator[tuple[str, Manifest]]:
    for listed in list_models():
        if listed.model is not None:
            yield listed.name, listed.model.manifest


def _card_graph_of(folder: ModelFolder, maker: Maker) -> tuple[ModelFolder, Graph] | None:
    """The graph for cards that is made of the weights in `folder`, if that wrote the text."""
    engine = (maker.provider, maker.precision)
    if (
        engine != (CUDA_PROVIDER, CARD_PRECISION)
        or _tokenizer(folder.manifest) != maker.tokenizer_sha256
        or graph_for(folder.manifest, CUDA_PROVIDER) is not None
    ):
        return None
    made = with_card_graph(folder, lambda _: None)
    graph = _recorded_graph(made.manifest, maker)
    return None if graph is None else (made, graph)


def _recorded_graph(manifest: Manifest, maker: Maker) -> Graph | None:
    """The graph that wrote the text, if the model has it and its tokenizer, byte for byte."""
    recorded = set(maker.files.values())
    if _tokenizer(manifest) != maker.tokenizer_sha256:
        return None
    for graph in manifest.graphs:
        files = [name for name in (graph.file, graph.data, graph.step) if name is not None]
        same = all(manifest.files[name].sha256 in recorded for name in files)
        if same and _is_for(graph, maker):
            return graph
    return None


def _is_for(graph: Graph, maker: Maker) -> bool:
    return graph.precision == maker.precision and maker.provider in graph.providers


def _tokenizer(manifest: Manifest) -> str:
    return manifest.files[TOKENIZER_FILE].sha256


def _lacking(manifest: Manifest, maker: Maker) -> str:
    """What keeps a model from being that of the label, and how to get that."""
    precision, provider = maker.precision, maker.provider
    wanted = f"{precision} for {PROVIDER_NAMES[provider]}"
    alike = next((graph for graph in manifest.graphs if _is_for(graph, maker)), None)
    if alike is None:
        there = ", ".join(map(_described, manifest.graphs))
        how = _how_to_get(manifest, precision) if provider == CPU_PROVIDER else ""
        return f"it has no graph of {wanted}, but {there}{how}"
    here = {digest.sha256 for digest in manifest.files.values()}
    missing = {name: sha256 for name, sha256 in maker.files.items() if sha256 not in here}
    lacking = f"it lacks {_files(missing)}"
    if alike.data is None or manifest.files[alike.data].sha256 not in maker.files.values():
        return lacking
    return (
        f"{lacking}; it has the same weights under a graph with a cache of {alike.cache}, by "
        f"{manifest.exporter}: export it with the other kind of cache (--int8-cache or not), or "
        f"with the program of the label, {maker.engine['app']}"
    )


def _described(graph: Graph) -> str:
    names = " and ".join(PROVIDER_NAMES.get(each, each) for each in graph.providers)
    return f"{graph.precision} for {names}"


def _how_to_get(manifest: Manifest, precision: str) -> str:
    source = manifest.source
    if source.kind != "hub":
        return f"; export its checkpoint with --precision {precision}"
    return (
        f"; get it: gpt2-tui models pull {source.name} --precision {precision} "
        f"--name {manifest.name}-{precision}"
    )


def _files(files: Mapping[str, str]) -> str:
    return ", ".join(f"{name} (sha256 {sha256[:_DIGITS_SHOWN]}…)" for name, sha256 in files.items())
