"""Building of a model's network: from its settings for training, and from a model file for prediction."""

from collections.abc import Sequence

from posemake.config.settings import Model
from posemake.core.errors import PosemakeError
from posemake.networks.backbones import make_encoder
from posemake.networks.model_file import SavedModel
from posemake.networks.network import PoseNetwork
from posemake.networks.starting_weights import load_weights

STRUCTURE = ("backbone", "neck", "head", "stride")  # settings that a network is built from


def make_network(settings: Model, keypoints: Sequence[str]) -> PoseNetwork:
    """Build a model's network with its starting weights; those of a file are loaded as far as they fit.

    Raises
    ------
    PosemakeError
        As `make_encoder` and `load_weights`.
    """
    from_file = settings.weights not in ("none", "imagenet")
    encoder = make_encoder(settings.backbone, "none" if from_file else settings.weights)
    network = PoseNetwork(encoder, len(keypoints), settings.stride, settings.neck, settings.head)
    if from_file:
        load_weights(network, settings.weights, settings.backbone, keypoints)
    return network


def rebuild_network(model: SavedModel) -> PoseNetwork:
    """Build the network of a model file, with its weights.

    Raises
    ------
    PosemakeError
        If the weights are not those of its backbone in this version of posemake.
    """
    settings = Model.model_validate({name: model.settings[name] for name in STRUCTURE if name in model.settings})
    network = make_network(settings, model.keypoints)
    try:
        network.load_state_dict(model.state)
    except RuntimeError as error:
        raise PosemakeError(
            f"the model's weights are not those of {settings.backbone} in this version of posemake; train it again"
        ) from error
    return network.eval()
