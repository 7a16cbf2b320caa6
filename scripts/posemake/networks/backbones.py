"""Backbones: from an image to features in levels, each half the size of the one before (B batch, H W pixels)."""

from typing import Any, get_args

import torch
import torch.nn.functional as F
from torch import nn

from posemake.config.settings import WITHOUT_IMAGENET, Backbone
from posemake.core.errors import PosemakeError
from posemake.networks.starting_weights import load_weights

DEEPEST = 32  # stride of the deepest level of every backbone

BACKBONES: tuple[str, ...] = get_args(Backbone)
UNETS = {"unet_small": (32, 64, 96, 128), "unet_medium": (64, 128, 192, 256)}  # channels of the levels at stride 4, 8, 16, 32
# Names in timm of backbones that have another name there. Weights are trained with the mean and deviation of ImageNet's colours.
TIMM_NAMES = {
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_large": "mobilenetv3_large_100",
    "efficientnet_b1": "efficientnet_b1.ft_in1k",
}


def conv(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    """Return a convolution with batch normalisation and ReLU.

    Parameters
    ----------
    inputs, outputs
        Channels.
    stride
        Step of the convolution.
    size
        Side of its square kernel.
    """
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Residual(nn.Module):
    """Two 3 × 3 convolutions beside the identity (He et al., CVPR 2016)."""

    def __init__(self, channels: int):
        super().__init__()
        self.first = conv(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the same size."""
        return F.relu(x + self.second(self.first(x)))


class UNetEncoder(nn.Module):
    """The contracting half of a U-Net (Ronneberger et al., MICCAI 2015) in residual blocks, with levels at stride 2 … 32."""

    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        self.stem = conv(3, widths[0] // 2, stride=2)
        self.levels = nn.ModuleList(
            nn.Sequential(conv(inputs, outputs, stride=2), Residual(outputs))
            for inputs, outputs in zip((widths[0] // 2, *widths[:-1]), widths)
        )
        self.widths = (widths[0] // 2, *widths)  # channels of the levels, the deepest last
        self.neck = 2 * widths[0]  # channels of the neck that suits it

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the levels of images (B, 3, H, W)."""
        levels = [self.stem(x)]
        for level in self.levels:
            levels.append(level(levels[-1]))
        return levels


class TimmEncoder(nn.Module):
    """A network of timm without its classifier, with levels at stride 2 or 4 … 32."""

    neck = 128

    def __init__(self, backbone: str, pretrained: bool):
        super().__init__()
        import timm  # takes longer to import than torch itself, and a U-Net does not need it

        self.features = timm.create_model(TIMM_NAMES.get(backbone, backbone), features_only=True, pretrained=pretrained)
        levels: Any = self.features.feature_info
        self.widths: tuple[int, ...] = tuple(levels.channels())

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Return the levels of images (B, 3, H, W)."""
        return self.features(x)


Encoder = UNetEncoder | TimmEncoder


def _timm_encoder(backbone: str, pretrained: bool) -> TimmEncoder:
    try:
        return TimmEncoder(backbone, pretrained)
    except ModuleNotFoundError as error:
        raise PosemakeError(f"backbone {backbone} needs the package timm ({error}); install it, or take unet_small") from error
    except Exception as error:  # no connection, a proxy, a damaged file: each library raises errors of its own
        if not pretrained:
            raise
        reason = str(error).strip().partition("\n")[0]
        raise PosemakeError(
            f"the ImageNet weights of {backbone} could not be downloaded ({reason}); on a machine without internet set `weights` "
            "to a file with weights of timm or torchvision, or to none"
        ) from error


def make_encoder(backbone: str, weights: str) -> Encoder:
    """Build a backbone.

    Parameters
    ----------
    backbone
        Of `BACKBONES`.
    weights
        Starting weights: ``none`` (random), ``imagenet`` (downloaded by timm), or a file, as in `load_weights`.

    Raises
    ------
    PosemakeError
        If the backbone is unknown, its ImageNet weights are not available, or the file does not fit.
    """
    if backbone not in BACKBONES:
        raise PosemakeError(f"there is no backbone {backbone!r}; there are {', '.join(BACKBONES)}")
    if weights == "imagenet" and backbone in WITHOUT_IMAGENET:
        raise PosemakeError(f"backbone {backbone} has no ImageNet weights: set `weights: none`, or a posemake model file")
    encoder: Encoder = UNetEncoder(UNETS[backbone]) if backbone in UNETS else _timm_encoder(backbone, weights == "imagenet")
    if weights not in ("none", "imagenet"):
        load_weights(nn.ModuleDict({"encoder": encoder}), weights, backbone)
    return encoder
