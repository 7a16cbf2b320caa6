"""Matching of a classifier's weights with a backbone, whatever library saved them."""

from collections.abc import Mapping
from itertools import zip_longest

import torch

BACKBONE = "encoder."  # beginning of the names of a network's backbone
COUNTER = "num_batches_tracked"  # array of batch normalisation that does not influence the network

State = Mapping[str, torch.Tensor]


def match_classifier(state: State, own: State) -> dict[str, torch.Tensor]:
    """Name the weights of a classifier after those of a backbone.

    Libraries name the layers of the same network differently, but save them in the same order. So arrays are matched by name if
    half of the backbone is found that way, else layer by layer if all shapes are those of the backbone.

    Parameters
    ----------
    state
        Weights of the classifier, in the order of its layers.
    own
        Weights of the network.

    Returns
    -------
    named
        All weights of the classifier; those that are not matched under their own names.
    """
    needed = [name for name in own if name.startswith(BACKBONE)]
    comparable = {_comparable(name): name for name in needed}
    by_name = {comparable.get(_comparable(BACKBONE + name), name): tensor for name, tensor in state.items()}
    if 2 * len(by_name.keys() & set(needed)) >= len(needed):
        return by_name
    matches = dict(_match_layers(list(state), needed))
    if any(state[old].squeeze().shape != own[new].squeeze().shape for old, new in matches.items()):
        return by_name
    return {
        matches.get(name, name): tensor.reshape(own[matches[name]].shape) if name in matches else tensor
        for name, tensor in state.items()
    }


def _comparable(name: str) -> str:
    """Return a layer's name without what differs between a network of timm and its features: ``stages.0`` is ``stages_0``."""
    return name.removeprefix(BACKBONE).removeprefix("features.").replace(".", "_")


def _match_layers(names: list[str], own_names: list[str]) -> list[tuple[str, str]]:
    """Return pairs of names: the arrays of each layer and those of the layer of the other network at the same place.

    Within a layer, arrays are matched by the last part of their names, or in order where these differ. The result is empty if a
    layer has another number of arrays. Counters of batches, which some files lack, do not matter.
    """
    layers, own_layers = _group_by_layer(names), _group_by_layer(own_names)
    pairs: list[tuple[str, str]] = []
    no_layer: dict[str, str] = {}
    for old, new in zip_longest(layers[: len(own_layers)], own_layers, fillvalue=no_layer):
        arrays, own_arrays = (sorted(layer.keys() - {COUNTER}) for layer in (old, new))
        if arrays != own_arrays:
            arrays, own_arrays = ([array for array in layer if array != COUNTER] for layer in (old, new))
        if len(arrays) != len(own_arrays):
            return []
        pairs += [(old[array], new[own]) for array, own in zip(arrays, own_arrays)]
        pairs += [(old[COUNTER], new[COUNTER])] if COUNTER in old and COUNTER in new else []
    return pairs


def _group_by_layer(names: list[str]) -> list[dict[str, str]]:
    """Return for each layer the names of its arrays, by their last part."""
    layers: dict[str, dict[str, str]] = {}
    for name in names:
        layer, _, array = name.rpartition(".")
        layers.setdefault(layer, {})[array] = name
    return list(layers.values())
