"""Keypoints as heatmaps and offsets, and back (B batch, K keypoints, H W cells of the heatmap).

A keypoint is a Gaussian on a grid of one cell per ``stride`` input pixels, and at each cell an offset from the cell's
centre to the keypoint, in cells. The pair is that of Papandreou et al. (CVPR 2017), which DeepLabCut uses too. Between cells,
the keypoint is where the logarithm of the Gaussian, a parabola, has its vertex (Zhang et al., CVPR 2020); where it has none, the
offset tells. Learning the offsets makes the heatmap finer, too. Without offsets, a keypoint is the mean position over the
heatmap's cells (integral regression: Sun et al., ECCV 2018; Nibali et al., arXiv:1801.07372).
"""

import torch
import torch.nn.functional as F

from posemake.data.geometry import peak_width

OFFSET_RADIUS = 2.0  # cells around a keypoint in which its offset is taught; the maximum falls well inside


def to_cells(xy: torch.Tensor, stride: int) -> torch.Tensor:
    """From pixels of the network's input to cells, as geometry.stride_map."""
    return (xy + 0.5) / stride - 0.5


def encode(xy: torch.Tensor, size: tuple[int, int], stride: int, sigma: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw keypoints.

    Parameters
    ----------
    xy
        (B, K, 2) in pixels of the network's input, NaN or inf where there is no position.
    size
        (H, W) of the heatmap in cells.
    stride
        Input pixels per cell.
    sigma
        Of the Gaussian, in input pixels, as in `peak_width`.

    Returns
    -------
    heat
        (B, K, H, W), 1 at the keypoint; zeros where it has no position.
    offset
        (B, K, 2, H, W), from each cell's centre to the keypoint in cells.
    near
        (B, K, H, W) bool, the cells whose offset counts.
    """
    height, width = size
    known = torch.isfinite(xy).all(-1)
    cell = to_cells(torch.nan_to_num(xy, posinf=0), stride)  # (B, K, 2)
    xs = torch.arange(width, device=xy.device, dtype=xy.dtype)
    ys = torch.arange(height, device=xy.device, dtype=xy.dtype)
    dx = cell[..., 0, None] - xs  # (B, K, W)
    dy = cell[..., 1, None] - ys  # (B, K, H)
    s2 = 2 * (peak_width(sigma, stride) / stride) ** 2
    heat = torch.exp(-(dy**2) / s2)[..., :, None] * torch.exp(-(dx**2) / s2)[..., None, :]
    heat = heat * known[..., None, None]
    near = (dx[..., None, :] ** 2 + dy[..., :, None] ** 2 <= OFFSET_RADIUS**2) & known[..., None, None]
    shape = (*heat.shape[:2], height, width)
    offset = torch.stack([dx[..., None, :].expand(shape), dy[..., :, None].expand(shape)], dim=2)
    return heat, offset, near


def place(index: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Column and row of a flat index; without the remainder, which cannot be exported where the width is not fixed."""
    row = torch.div(index, width, rounding_mode="floor")
    return index - width * row, row


def mean_cell(heat: torch.Tensor) -> torch.Tensor:
    """Mean positions (B, K, 2) in cells over heatmaps (B, K, H, W) of logits (soft-argmax)."""
    height, width = heat.shape[-2:]
    share = heat.flatten(2).softmax(-1).view_as(heat)
    xs = torch.arange(width, device=heat.device, dtype=heat.dtype)
    ys = torch.arange(height, device=heat.device, dtype=heat.dtype)
    return torch.stack([(share.sum(-2) * xs).sum(-1), (share.sum(-1) * ys).sum(-1)], -1)


def vertex(heat: torch.Tensor, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The maximum of a Gaussian between the cells, from the logarithm of its values in and around the greatest one.

    Parameters
    ----------
    heat
        Logits (B, K, H, W).
    index
        (B, K), the cells of the maxima in the flat heatmap.

    Returns
    -------
    shift
        (B, K, 2) from these cells' centres, in cells.
    height
        (B, K), the Gaussian's value there, 0 … 1.
    found
        (B, K) bool: false where the values have no maximum within a cell.
    """
    height, width = heat.shape[-2:]
    x, y = place(index, width)
    middle_x, middle_y = x.clamp(1, width - 2), y.clamp(1, height - 2)  # at the edge, the parabola is that of the cells within
    steps = torch.arange(-1, 2, device=heat.device)
    around = (width * middle_y + middle_x)[..., None, None] + width * steps[:, None] + steps
    n = F.logsigmoid(heat.flatten(2).gather(-1, around.flatten(-2))).unflatten(-1, (3, 3))  # rows y, columns x
    gx, gy = (n[..., 1, 2] - n[..., 1, 0]) / 2, (n[..., 2, 1] - n[..., 0, 1]) / 2
    xx = n[..., 1, 2] - 2 * n[..., 1, 1] + n[..., 1, 0]
    yy = n[..., 2, 1] - 2 * n[..., 1, 1] + n[..., 0, 1]
    xy = (n[..., 2, 2] - n[..., 2, 0] - n[..., 0, 2] + n[..., 0, 0]) / 4
    det = xx * yy - xy**2
    peaked = (xx < 0) & (det > 0)
    shift = torch.stack([xy * gy - yy * gx, xy * gx - xx * gy], -1) / torch.where(peaked, det, 1)[..., None]
    top = (n[..., 1, 1] + (gx * shift[..., 0] + gy * shift[..., 1]) / 2).clamp(max=0).exp()
    shift = shift + torch.stack([middle_x - x, middle_y - y], -1)
    return shift, top, peaked & (shift.abs() <= 1).all(-1)


def decode(heat: torch.Tensor, offset: torch.Tensor | None, stride: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Find keypoints: the maximum of the heatmap, to a fraction of a cell; without offsets, the heatmap's mean position.

    Parameters
    ----------
    heat
        Logits (B, K, H, W).
    offset
        (B, K, 2, H, W) in cells, or None.
    stride
        Input pixels per cell.

    Returns
    -------
    xy
        (B, K, 2) in pixels of the network's input.
    confidence
        (B, K) in 0 … 1, the height of the maximum.
    """
    heat = heat.float()
    batch, keypoints, _, width = heat.shape
    peak, index = heat.reshape(batch, keypoints, -1).max(-1)
    shift, height, found = vertex(heat, index)
    confidence = torch.where(found, height, torch.sigmoid(peak))
    if offset is None:
        cell = mean_cell(heat)
    else:
        at = index[..., None, None].expand(-1, -1, 2, 1)
        cell = torch.stack(place(index, width), -1).to(heat.dtype)
        cell = cell + torch.where(found[..., None], shift, offset.float().reshape(batch, keypoints, 2, -1).gather(-1, at)[..., 0])
    return (cell + 0.5) * stride - 0.5, confidence
