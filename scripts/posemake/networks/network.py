"""The network: backbone, upsampling neck, head (B batch, K keypoints, h w cells of the heatmap).

Input is RGB, uint8 or float in 0 … 255, of a size that divides by ``MULTIPLE``; normalisation is part of the network.
"""

import torch
import torch.nn.functional as F
from torch import nn

from posemake.core.errors import PosemakeError
from posemake.networks.backbones import DEEPEST, conv

MULTIPLE = DEEPEST  # of the input's width and height
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
STRIDES = {2: 4, 4: 3, 8: 2}  # of the output, and how often the deepest level is doubled in size to get there


class Pyramid(nn.Module):
    """A feature pyramid (Lin et al., CVPR 2017).

    From the deepest level up, each is doubled in size and added to the next one of the backbone, down to the output's stride.
    """

    def __init__(self, widths: tuple[int, ...], channels: int, doublings: int):
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths[-doublings - 1 :])
        self.smooth = nn.ModuleList(conv(channels, channels) for _ in range(doublings))
        self.channels = channels

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        levels = levels[-len(self.lateral) :]
        lower = len(self.smooth) + 1 - len(levels)  # doublings below the first level that the backbone has
        x = self.lateral[-1](levels[-1])
        for i in reversed(range(len(self.smooth))):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            if i >= lower:
                x = x + self.lateral[i - lower](levels[i - lower])
            x = self.smooth[i](x)
        return x


class Deconvolutions(nn.Module):
    """Transposed convolutions of the deepest level alone (Xiao et al., ECCV 2018)."""

    def __init__(self, widths: tuple[int, ...], channels: int, doublings: int):
        super().__init__()
        self.channels = 2 * channels  # nothing but they carry what the picture shows; 256 in the paper
        inputs = [widths[-1], *[self.channels] * (doublings - 1)]
        self.up = nn.Sequential(
            *(
                nn.Sequential(
                    nn.ConvTranspose2d(width, self.channels, 4, 2, 1, bias=False),
                    nn.BatchNorm2d(self.channels),
                    nn.ReLU(inplace=True),
                )
                for width in inputs
            )
        )

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        return self.up(levels[-1])


NECKS = {"fpn": Pyramid, "deconv": Deconvolutions}
HEADS = {"heatmap": 3, "regression": 1}  # channels per keypoint: heatmap, and the offset's x and y


class PoseNetwork(nn.Module):
    """Heatmap logits (B, K, h, w) and offsets (B, K, 2, h, w) in cells, for RGB images (B, 3, H, W) in 0 … 255.

    With the head ``regression``, the mean position over the heatmap is the keypoint, and None stands for the offsets.
    """

    def __init__(self, encoder: nn.Module, keypoints: int, stride: int, neck: str = "fpn", head: str = "heatmap"):
        super().__init__()
        for name, value, valid in (("output stride", stride, STRIDES), ("neck", neck, NECKS), ("head", head, HEADS)):
            if value not in valid:
                raise PosemakeError(f"the {name} is one of {', '.join(map(str, valid))}, not {value}")
        self.encoder = encoder
        self.keypoints = keypoints
        self.neck = NECKS[neck](encoder.widths, encoder.neck, STRIDES[stride])
        channels = self.neck.channels
        self.head = nn.Sequential(conv(channels, channels), nn.Conv2d(channels, HEADS[head] * keypoints, 1))
        nn.init.normal_(self.head[-1].weight, std=0.001)
        nn.init.zeros_(self.head[-1].bias)
        with torch.no_grad():
            self.head[-1].bias[:keypoints] = -4.0  # nearly all cells are background
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).reshape(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).reshape(1, 3, 1, 1) * 255)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        out = self.head(self.neck(self.encoder((images - self.mean) / self.std)))
        heat, offset = out[:, : self.keypoints], out[:, self.keypoints :]
        return heat, offset.unflatten(1, (self.keypoints, 2)) if offset.shape[1] else None
