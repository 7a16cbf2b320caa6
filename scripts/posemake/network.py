"""The network: backbone, upsampling neck, two heads (B batch, K keypoints, h w cells of the heatmap).

Input is RGB, uint8 or float in 0 … 255, of a size that divides by ``MULTIPLE``; normalisation is part of the network.
"""

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from posemake.log import PosemakeError, logger

MULTIPLE = 32  # of the input's width and height: the deepest backbone level
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def conv(inputs: int, outputs: int, stride: int = 1, size: int = 3) -> nn.Sequential:
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
    """The contracting half of a U-Net (Ronneberger et al., MICCAI 2015) in residual blocks; levels at stride 4, 8, 16, 32."""

    neck = 64

    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        self.stem = conv(3, widths[0] // 2, stride=2)
        self.levels = nn.ModuleList(
            nn.Sequential(conv(inputs, outputs, stride=2), Residual(outputs))
            for inputs, outputs in zip((widths[0] // 2, *widths[:-1]), widths)
        )
        self.widths = widths

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.stem(x)
        levels = []
        for level in self.levels:
            x = level(x)
            levels.append(x)
        return levels


class TorchvisionEncoder(nn.Module):
    """A torchvision classifier cut open where its resolution halves; levels at stride 4, 8, 16, 32."""

    neck = 128

    def __init__(self, stages: list[nn.Module], widths: tuple[int, ...]):
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.widths = widths

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return levels


def _resnet(net: nn.Module) -> TorchvisionEncoder:
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool, net.layer1)
    return TorchvisionEncoder([stem, net.layer2, net.layer3, net.layer4], (256, 512, 1024, 2048))


def _mobilenet(net: nn.Module) -> TorchvisionEncoder:
    f = net.features
    return TorchvisionEncoder([f[:4], f[4:7], f[7:14], f[14:18]], (24, 32, 96, 320))


def _efficientnet(net: nn.Module) -> TorchvisionEncoder:
    f = net.features
    return TorchvisionEncoder([f[:3], f[3:4], f[4:6], f[6:8]], (24, 40, 112, 320))


# name: (torchvision's constructor, how it is cut open)
TORCHVISION = {
    "resnet50": (torchvision.models.resnet50, _resnet),
    "mobilenet_v2": (torchvision.models.mobilenet_v2, _mobilenet),
    "efficientnet_b0": (torchvision.models.efficientnet_b0, _efficientnet),
}
BACKBONES = ("unet_small", *TORCHVISION)


def _read_weights(path: str) -> dict[str, torch.Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        return {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
    except FileNotFoundError as error:
        raise PosemakeError(f"{path}: there is no such weights file; `weights` is imagenet, none or a file") from error
    except Exception as error:
        raise PosemakeError(
            f"{path}: not a file of plain weights ({type(error).__name__}); save it with torch.save(model.state_dict(), …)"
        ) from error


def make_encoder(backbone: str, weights: str) -> nn.Module:
    """Build a backbone, from random numbers (``none``), torchvision's download (``imagenet``) or a state_dict in a file.

    Raises
    ------
    PosemakeError
        If the backbone is unknown, has no ImageNet weights, or the file is not a state_dict that fits.
    """
    if backbone == "unet_small":
        if weights != "none":
            raise PosemakeError("backbone unet_small starts from nothing: set `weights: none`")
        return UNetEncoder((32, 64, 96, 128))
    if backbone not in TORCHVISION:
        raise PosemakeError(f"there is no backbone {backbone!r}; there are {', '.join(BACKBONES)}")
    construct, cut = TORCHVISION[backbone]
    try:
        net = construct(weights="DEFAULT" if weights == "imagenet" else None)
    except (OSError, RuntimeError) as error:  # no connection, or a file that came broken
        raise PosemakeError(
            f"the ImageNet weights of {backbone} could not be downloaded ({error}); on a machine without internet "
            "set `weights` to a file that torchvision's weights were saved to, or to none"
        ) from error
    if weights not in ("none", "imagenet"):
        own, given = net.state_dict(), _read_weights(weights)
        # the classifier of a network for other classes is of another shape, and not used
        fitting = {name: tensor for name, tensor in given.items() if name in own and tensor.shape == own[name].shape}
        missing = [name for name in own if name not in fitting]
        if len(missing) > len(own) // 2:
            raise PosemakeError(f"{weights}: holds no weights of {backbone} (e.g. {missing[0]} is missing)")
        net.load_state_dict(fitting, strict=False)
        for name in (*missing, *(name for name in given if name not in own)):
            logger.info("weights file: %s did not fit and was left out", name)
    return cut(net)


class PoseNetwork(nn.Module):
    """Heatmap logits (B, K, h, w) and offsets (B, K, 2, h, w) in cells, for RGB images (B, 3, H, W) in 0 … 255.

    The neck is a feature pyramid (Lin et al., CVPR 2017): from the deepest level up, each is doubled in size and added to the
    next one of the backbone, down to the level of the output stride.
    """

    def __init__(self, encoder: nn.Module, keypoints: int, stride: int):
        super().__init__()
        if stride not in (4, 8):
            raise PosemakeError(f"the output stride is 4 or 8, not {stride}")
        self.encoder = encoder
        self.keypoints = keypoints
        first = {4: 0, 8: 1}[stride]
        self.first = first
        neck = encoder.neck
        self.lateral = nn.ModuleList(nn.Conv2d(width, neck, 1) for width in encoder.widths[first:])
        self.smooth = nn.ModuleList(conv(neck, neck) for _ in encoder.widths[first:-1])
        self.head = nn.Sequential(conv(neck, neck), nn.Conv2d(neck, 3 * keypoints, 1))
        nn.init.normal_(self.head[-1].weight, std=0.001)
        nn.init.zeros_(self.head[-1].bias)
        with torch.no_grad():
            self.head[-1].bias[:keypoints] = -4.0  # nearly all cells are background
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).reshape(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).reshape(1, 3, 1, 1) * 255)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        levels = self.encoder((images - self.mean) / self.std)[self.first :]
        x = self.lateral[-1](levels[-1])
        for level, lateral, smooth in reversed(list(zip(levels, self.lateral, self.smooth))):
            x = smooth(F.interpolate(x, scale_factor=2.0, mode="nearest") + lateral(level))
        out = self.head(x)
        heat, offset = out.split([self.keypoints, 2 * self.keypoints], dim=1)
        return heat, offset.unflatten(1, (self.keypoints, 2))
