"""Keypoints as heatmaps and offsets, and back (B batch, K keypoints, H W cells of the heatmap).

A keypoint is a Gaussian on a grid of one cell per ``stride`` input pixels, and at each cell an offset from the cell's
centre to the keypoint, in cells. The pair is that of Papandreou et al. (CVPR 2017), which DeepLabCut uses too.
"""

import torch

OFFSET_RADIUS = 2.0  # cells around a keypoint in which its offset is taught; the maximum falls well inside


def encode(xy: torch.Tensor, size: tuple[int, int], stride: int, sigma: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw keypoints.

    Parameters
    ----------
    xy
        (B, K, 2) in pixels of the network's input, NaN where unknown.
    size
        (H, W) of the heatmap in cells.
    stride
        Input pixels per cell.
    sigma
        Standard deviation of the Gaussian in input pixels.

    Returns
    -------
    heat
        (B, K, H, W), 1 at the keypoint; zeros where it is unknown.
    offset
        (B, K, 2, H, W), from each cell's centre to the keypoint in cells.
    near
        (B, K, H, W) bool, the cells whose offset counts.
    """
    height, width = size
    known = torch.isfinite(xy).all(-1)
    cell = (torch.nan_to_num(xy) + 0.5) / stride - 0.5  # (B, K, 2), geometry.stride_map
    xs = torch.arange(width, device=xy.device, dtype=xy.dtype)
    ys = torch.arange(height, device=xy.device, dtype=xy.dtype)
    dx = cell[..., 0, None] - xs  # (B, K, W)
    dy = cell[..., 1, None] - ys  # (B, K, H)
    s2 = 2 * (sigma / stride) ** 2
    heat = torch.exp(-(dy**2) / s2)[..., :, None] * torch.exp(-(dx**2) / s2)[..., None, :]
    heat = heat * known[..., None, None]
    near = (dx[..., None, :] ** 2 + dy[..., :, None] ** 2 <= OFFSET_RADIUS**2) & known[..., None, None]
    shape = (*heat.shape[:2], height, width)
    offset = torch.stack([dx[..., None, :].expand(shape), dy[..., :, None].expand(shape)], dim=2)
    return heat, offset, near


def decode(heat: torch.Tensor, offset: torch.Tensor, stride: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Find keypoints: the cell of the maximum, moved by the offset there.

    Parameters
    ----------
    heat
        (B, K, H, W), of any monotone scale.
    offset
        (B, K, 2, H, W) in cells.
    stride
        Input pixels per cell.

    Returns
    -------
    xy
        (B, K, 2) in pixels of the network's input.
    peak
        (B, K), the heatmap's value at its maximum.
    """
    batch, keypoints, _, width = heat.shape
    peak, index = heat.reshape(batch, keypoints, -1).max(-1)
    cell = torch.stack([index % width, torch.div(index, width, rounding_mode="floor")], -1).to(heat.dtype)
    at = index[..., None, None].expand(-1, -1, 2, 1)
    shift = offset.reshape(batch, keypoints, 2, -1).gather(-1, at)[..., 0]
    return (cell + shift + 0.5) * stride - 0.5, peak
