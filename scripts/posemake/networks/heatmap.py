"""Keypoints as heatmaps and offsets, and back (B batch, K keypoints, H W cells of the heatmap).

A keypoint is a Gaussian on a grid of one cell per ``stride`` input pixels, together with an offset at each cell: the way from the
cell's centre to the keypoint, in cells (Papandreou et al., CVPR 2017, as in DeepLabCut). A prediction is refined between cells at
the vertex of the logarithm of the Gaussian, which is a parabola (Zhang et al., CVPR 2020). Where the heatmap has no such vertex,
the offset is used. Learning the offsets makes the heatmap more precise, too. A network without offsets predicts the mean
position over the heatmap's cells (integral regression: Sun et al., ECCV 2018; Nibali et al., arXiv:1801.07372).
"""

import torch
import torch.nn.functional as F

from posemake.networks.peak_width import peak_width

OFFSET_RADIUS = 2.0  # cells around a keypoint in which its offset is taught; the maximum falls well inside


def to_cells(xy: torch.Tensor, stride: int) -> torch.Tensor:
    """Map pixels of the network's input to cells of the heatmap, as `resize_map((stride, stride), (1, 1))` of `data.geometry`."""
    return (xy + 0.5) / stride - 0.5


def from_cells(cells: torch.Tensor, stride: int) -> torch.Tensor:
    """Map cells of the heatmap to pixels of the network's input: the inverse of `to_cells`."""
    return (cells + 0.5) * stride - 0.5


def encode(xy: torch.Tensor, size: tuple[int, int], stride: int, sigma: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw keypoints.

    Parameters
    ----------
    xy
        (B, K, 2) in pixels of the network's input, NaN where there is no position.
    size
        (H, W) of the heatmap in cells.
    stride
        Input pixels per cell.
    sigma
        Standard deviation of the Gaussian in input pixels, widened as by `peak_width`.

    Returns
    -------
    heat
        (B, K, H, W), 1 at the keypoint; zeros where it has no position.
    offset
        (B, K, 2, H, W), from each cell's centre to the keypoint in cells.
    near
        (B, K, H, W) bool, the cells whose offset is taught.
    """
    height, width = size
    positioned = ~xy.isnan().any(-1)
    cell = to_cells(torch.nan_to_num(xy), stride)  # (B, K, 2)
    xs = torch.arange(width, device=xy.device, dtype=xy.dtype)
    ys = torch.arange(height, device=xy.device, dtype=xy.dtype)
    dx = cell[..., 0, None] - xs  # (B, K, W)
    dy = cell[..., 1, None] - ys  # (B, K, H)
    s2 = 2 * (peak_width(sigma, stride) / stride) ** 2
    heat = torch.exp(-(dy**2) / s2)[..., :, None] * torch.exp(-(dx**2) / s2)[..., None, :]
    heat = heat * positioned[..., None, None]
    near = (dx[..., None, :] ** 2 + dy[..., :, None] ** 2 <= OFFSET_RADIUS**2) & positioned[..., None, None]
    shape = (*heat.shape[:2], height, width)
    offset = torch.stack([dx[..., None, :].expand(shape), dy[..., :, None].expand(shape)], dim=2)
    return heat, offset, near


def column_and_row(index: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the column and row of a cell's index in the flat heatmap."""
    row = torch.div(index, width, rounding_mode="floor")
    return index - width * row, row  # `%` cannot be exported where the width is not fixed


def mean_cell(heat: torch.Tensor) -> torch.Tensor:
    """Return the mean positions (B, K, 2) in cells over heatmaps (B, K, H, W) of logits (soft-argmax)."""
    height, width = heat.shape[-2:]
    probability = heat.flatten(2).softmax(-1).view_as(heat)
    xs = torch.arange(width, device=heat.device, dtype=heat.dtype)
    ys = torch.arange(height, device=heat.device, dtype=heat.dtype)
    return torch.stack([(probability.sum(-2) * xs).sum(-1), (probability.sum(-1) * ys).sum(-1)], -1)


def vertex(heat: torch.Tensor, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Locate the maximum of a Gaussian between the cells (Zhang et al., CVPR 2020).

    The logarithm f of the Gaussian is a parabola. Its Taylor expansion around the centre c of a cell,

        f(c + d) = f(c) + g·d + d·A·d / 2    (g gradient, A Hessian),

    has its vertex where the derivative g + A·d is zero.

    Parameters
    ----------
    heat
        Logits (B, K, H, W).
    index
        (B, K), the cells of the maxima in the flat heatmap.

    Returns
    -------
    shift
        (B, K, 2), from these cells' centres to the vertex, in cells.
    height
        (B, K), the Gaussian's value there, 0 … 1.
    valid
        (B, K) bool: false where the values have no maximum within a cell.
    """
    height, width = heat.shape[-2:]
    x, y = column_and_row(index, width)
    # the cell c, with neighbours on all sides: at the edge of the heatmap, the cell next to the maximum
    inner_x, inner_y = x.clamp(1, width - 2), y.clamp(1, height - 2)
    # f in the 3 × 3 cells around c: rows y, columns x. Logits a are of probabilities p, so f = log p = logsigmoid(a)
    steps = torch.arange(-1, 2, device=heat.device)
    around = (width * inner_y + inner_x)[..., None, None] + width * steps[:, None] + steps
    f = F.logsigmoid(heat.flatten(2).gather(-1, around.flatten(-2))).unflatten(-1, (3, 3))
    # g = (gx, gy): central differences
    gx, gy = (f[..., 1, 2] - f[..., 1, 0]) / 2, (f[..., 2, 1] - f[..., 0, 1]) / 2
    # A = [[xx, xy], [xy, yy]]: second differences
    xx = f[..., 1, 2] - 2 * f[..., 1, 1] + f[..., 1, 0]
    yy = f[..., 2, 1] - 2 * f[..., 1, 1] + f[..., 0, 1]
    xy = (f[..., 2, 2] - f[..., 2, 0] - f[..., 0, 2] + f[..., 0, 0]) / 4
    # the vertex is a maximum where A is negative definite
    det = xx * yy - xy**2
    is_maximum = (xx < 0) & (det > 0)
    # d = -A⁻¹·g, with A⁻¹ = [[yy, -xy], [-xy, xx]] / det
    shift = torch.stack([xy * gy - yy * gx, xy * gx - xx * gy], -1) / torch.where(is_maximum, det, 1)[..., None]
    # f(c + d) = f(c) + g·d / 2, as A·d = -g
    top = (f[..., 1, 1] + (gx * shift[..., 0] + gy * shift[..., 1]) / 2).clamp(max=0).exp()
    # from c to the cell of the maximum
    shift = shift + torch.stack([inner_x - x, inner_y - y], -1)
    return shift, top, is_maximum & (shift.abs() <= 1).all(-1)


def decode(heat: torch.Tensor, offset: torch.Tensor | None, stride: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Locate keypoints: the maximum of the heatmap, to a fraction of a cell, or its mean position if there are no offsets.

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
    shift, height, valid = vertex(heat, index)
    confidence = torch.where(valid, height, torch.sigmoid(peak))
    if offset is None:
        cell = mean_cell(heat)
    else:
        at_peak = index[..., None, None].expand(-1, -1, 2, 1)
        learned = offset.float().reshape(batch, keypoints, 2, -1).gather(-1, at_peak)[..., 0]
        cell = torch.stack(column_and_row(index, width), -1).to(heat.dtype) + torch.where(valid[..., None], shift, learned)
    return from_cells(cell, stride), confidence
