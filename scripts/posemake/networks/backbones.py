"""Backbones: from a picture to what it shows, level by level, each of half the size of the one before (B batch, H W pixels)."""

import torch
import torch.nn.functional as F
from torch import nn

from posemake.core.errors import PosemakeError
from posemake.networks.starting_weights import take_over

DEEPEST = 32  # stride of the deepest level of every backbone

# name: channels of the levels at stride 4, 8, 16, 32
UNETS = {"unet_small": (32, 64, 96, 128), "unet_medium": (64, 128, 192, 256)}

# name in torchvision: the modules that lead from level to level, the last one to stride 32
_RESNET = (("conv1", "bn1", "relu"), ("maxpool", "layer1"), ("layer2",), ("layer3",), ("layer4",))
_FEATURES = {  # of those that are one sequence: where each level ends
    **{f"efficientnet_b{size}": (2, 3, 4, 6, 8) for size in range(7)},
    "mobilenet_v2": (2, 4, 7, 14, 18),
    "mobilenet_v3_large": (2, 4, 7, 13, 16),
    "convnext_tiny": (2, 4, 6, 8),  # begins at stride 4
}
TORCHVISION = {
    **{f"resnet{depth}": _RESNET for depth in (18, 34, 50, 101, 152)},
    **{
        name: tuple(tuple(f"features.{i}" for i in range(first, last)) for first, last in zip((0, *ends), ends))
        for name, ends in _FEATURES.items()
    },
}
BACKBONES = (*UNETS, *TORCHVISION)


def conv(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    """Convolution, normalisation, ReLU."""
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
        return F.relu(x + self.second(self.first(x)))


class UNetEncoder(nn.Module):
    """The contracting half of a U-Net (Ronneberger et al., MICCAI 2015) in residual blocks; levels at stride 2 … 32."""

    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        self.stem = conv(3, widths[0] // 2, stride=2)
        self.levels = nn.ModuleList(
            nn.Sequential(conv(inputs, outputs, stride=2), Residual(outputs))
            for inputs, outputs in zip((widths[0] // 2, *widths[:-1]), widths)
        )
        self.widths = (widths[0] // 2, *widths)
        self.neck = 2 * widths[0]  # channels of the neck

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        levels = [self.stem(x)]
        for level in self.levels:
            levels.append(level(levels[-1]))
        return levels


class TorchvisionEncoder(nn.ModuleDict):
    """A torchvision classifier without its end, under its own names; levels at stride 2 or 4 … 32."""

    neck = 128

    def __init__(self, net: nn.Module, stages: tuple[tuple[str, ...], ...]):
        names = [name for stage in stages for name in stage]
        if hasattr(net, "features"):
            super().__init__({"features": net.features[: len(names)]})
        else:
            super().__init__({name: net.get_submodule(name) for name in names})
        self.stages = stages
        with torch.no_grad():
            self.eval()
            self.widths = tuple(level.shape[1] for level in self(torch.zeros(1, 3, DEEPEST, DEEPEST)))
            self.train()

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        levels = []
        for stage in self.stages:
            for name in stage:
                x = self.get_submodule(name)(x)
            levels.append(x)
        return levels


def make_encoder(backbone: str, weights: str) -> UNetEncoder | TorchvisionEncoder:
    """Build a backbone, from random numbers (``none``), torchvision's download (``imagenet``) or a file (``weights.take_over``).

    Raises
    ------
    PosemakeError
        If the backbone is unknown, has no ImageNet weights, or the file is none that fits.
    """
    if backbone not in BACKBONES:
        raise PosemakeError(f"there is no backbone {backbone!r}; there are {', '.join(BACKBONES)}")
    if backbone in UNETS:
        if weights == "imagenet":
            raise PosemakeError(f"backbone {backbone} has no ImageNet weights: set `weights: none`, or a posemake model file")
        encoder = UNetEncoder(UNETS[backbone])
    else:
        import torchvision  # takes as long to load as torch itself, and a U-Net needs none of it

        try:
            net = torchvision.models.get_model(backbone, weights="DEFAULT" if weights == "imagenet" else None)
        except (OSError, RuntimeError) as error:  # no connection, or a file that came broken
            raise PosemakeError(
                f"the ImageNet weights of {backbone} could not be downloaded ({error}); on a machine without internet "
                "set `weights` to a file that torchvision's weights were saved to, or to none"
            ) from error
        encoder = TorchvisionEncoder(net, TORCHVISION[backbone])
    if weights not in ("none", "imagenet"):
        take_over(nn.ModuleDict({"encoder": encoder}), weights, backbone)
    return encoder
