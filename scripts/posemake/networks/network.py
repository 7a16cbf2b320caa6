"""The network: backbone, upsampling neck, head (B batch, K keypoints, h w cells of the heatmap).

Input is RGB, uint8 or float in 0 … 255. Its height and width are divisible by ``MULTIPLE``. Normalisation is part of the network.
"""

import torch
import torch.nn.functional as F
from torch import nn

from posemake.core.errors import PosemakeError
from posemake.networks.backbones import DEEPEST, Encoder, conv

MULTIPLE = DEEPEST  # divisor of the input's width and height
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DOUBLINGS = {2: 4, 4: 3, 8: 2}  # output stride: how often the neck doubles the size of the deepest level


class Pyramid(nn.Module):
    """Feature pyramid (Lin et al., CVPR 2017).

    Begin with the backbone's deepest level; double its size, add the next level, and so on up to the output's stride.
    """

    def __init__(self, widths: tuple[int, ...], channels: int, doublings: int):
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths[-doublings - 1 :])
        self.smooth = nn.ModuleList(conv(channels, channels) for _ in range(doublings))
        self.channels = channels

    def forward(self, levels: list[torch.Tensor]) -> torch.Tensor:
        """Return features at the output's stride."""
        levels = levels[-len(self.lateral) :]
        without_level = len(self.smooth) + 1 - len(levels)  # doublings to strides below that of the backbone's first level
        x = self.lateral[-1](levels[-1])
        for i in reversed(range(len(self.smooth))):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            if i >= without_level:
                x = x + self.lateral[i - without_level](levels[i - without_level])
            x = self.smooth[i](x)
        return x


class Deconvolutions(nn.Module):
    """Transposed convolutions of the deepest level alone (Xiao et al., ECCV 2018)."""

    def __init__(self, widths: tuple[int, ...], channels: int, doublings: int):
        super().__init__()
        self.channels = 2 * channels  # no other level adds to them; the paper has 256
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
        """Return features at the output's stride."""
        return self.up(levels[-1])


NECKS: dict[str, type[Pyramid] | type[Deconvolutions]] = {"fpn": Pyramid, "deconv": Deconvolutions}
HEADS = {"heatmap": 3, "regression": 1}  # channels per keypoint: the heatmap, and the offset's x and y


class PoseNetwork(nn.Module):
    """Network from RGB images (B, 3, H, W) in 0 … 255 to heatmap logits (B, K, h, w) and offsets (B, K, 2, h, w) in cells.

    With the head ``regression``, a keypoint is the mean position over its heatmap, and there are no offsets (None).

    Parameters
    ----------
    encoder
        The backbone.
    keypoints
        Number of keypoints K.
    stride
        Input pixels per cell of the heatmap, of `DOUBLINGS`.
    neck, head
        Of `NECKS` and `HEADS`.

    Raises
    ------
    PosemakeError
        If the stride, the neck or the head is unknown.
    """

    mean: torch.Tensor  # of ImageNet's colours, in grey levels
    std: torch.Tensor

    def __init__(self, encoder: Encoder, keypoints: int, stride: int, neck: str = "fpn", head: str = "heatmap"):
        super().__init__()
        for name, value, valid in (("output stride", stride, DOUBLINGS), ("neck", neck, NECKS), ("head", head, HEADS)):
            if value not in valid:
                raise PosemakeError(f"the {name} is one of {', '.join(map(str, valid))}, not {value}")
        self.encoder = encoder
        self.keypoints = keypoints
        self.neck = NECKS[neck](encoder.widths, encoder.neck, DOUBLINGS[stride])
        channels = self.neck.channels
        first, last = conv(channels, channels), nn.Conv2d(channels, HEADS[head] * keypoints, 1)
        self.head = nn.Sequential(first, last)
        nn.init.normal_(last.weight, std=0.001)
        last.bias = nn.Parameter(torch.zeros(HEADS[head] * keypoints))
        nn.init.constant_(last.bias[:keypoints], -4.0)  # nearly all cells are background
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).reshape(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).reshape(1, 3, 1, 1) * 255)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return heatmap logits and offsets, or None with the head ``regression``."""
        out = self.head(self.neck(self.encoder((images - self.mean) / self.std)))
        heat, offset = out[:, : self.keypoints], out[:, self.keypoints :]
        return heat, offset.unflatten(1, (self.keypoints, 2)) if offset.shape[1] else None
