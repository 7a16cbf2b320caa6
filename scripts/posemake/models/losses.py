"""Training loss (B batch, K keypoints, h w cells of the heatmap)."""

import torch
import torch.nn.functional as F

from posemake.data.visibility import Visibility
from posemake.networks.heatmap import encode, mean_cell, to_cells

OFFSET_WEIGHT = 1.0  # learning the offsets sharpens the heatmap; with a smaller weight, points are less precise
MEAN_WEIGHT = 3.0  # the mean depends on all of the background, which the other terms hardly constrain


def pose_loss(
    heat: torch.Tensor, offset: torch.Tensor | None, xy: torch.Tensor, visibility: torch.Tensor, stride: int, sigma: float
) -> torch.Tensor:
    """Return the loss of one batch: the sum of three terms.

    1. Cross-entropy over all cells of a keypoint's heatmap, against the Gaussian as a distribution. It has a strong gradient from
       the first step, where a loss per cell is dominated by background.
    2. Binary cross-entropy per cell against the Gaussian, with less weight on easy background (penalty-reduced focal loss, Law &
       Deng, ECCV 2018). It makes the height of the peak a confidence.
    3. Smooth L1 of the offsets around the keypoint.

    Without offsets, the third term is the L1 distance in cells between the heatmap's mean position and the keypoint (integral
    regression, Sun et al., ECCV 2018). The first one then keeps the heatmap peaked, as does the divergence from a Gaussian in
    Nibali et al. (2018); the second one is the same, so that confidences of both heads mean the same.

    A keypoint without label adds nothing. One that is labelled as absent adds to the second term alone, with an empty heatmap as
    the target.

    Parameters
    ----------
    heat
        Logits (B, K, h, w) that the network returns.
    offset
        (B, K, 2, h, w) in cells, or None.
    xy
        (B, K, 2) in pixels of the input, NaN where there is no position.
    visibility
        (B, K), as in `inputs.Frames`.
    stride
        Input pixels per cell.
    sigma
        Standard deviation of the Gaussian in input pixels.
    """
    target, shift, near = encode(xy, (heat.shape[-2], heat.shape[-1]), stride, sigma)
    positioned = ~xy.isnan().any(-1)
    labelled = positioned | (visibility == Visibility.ABSENT)
    count = positioned.sum().clamp(min=1)
    distribution = target / target.sum((-2, -1), keepdim=True).clamp(min=1e-6)
    location = -(distribution * heat.flatten(2).log_softmax(-1).view_as(heat)).sum((-2, -1))
    location = (location * positioned).sum() / count
    probability = torch.sigmoid(heat)
    per_cell = F.binary_cross_entropy_with_logits(heat, target, reduction="none") * (probability - target).abs() ** 2
    confidence = (per_cell.sum((-2, -1)) * labelled).sum() / labelled.sum().clamp(min=1)
    if offset is None:
        error = (mean_cell(heat) - to_cells(torch.nan_to_num(xy), stride)).abs().sum(-1)
        return location + confidence + MEAN_WEIGHT * (error * positioned).sum() / count
    error = F.smooth_l1_loss(offset, shift, reduction="none").sum(2) * near
    refinement = error.sum() / near.sum().clamp(min=1)
    return location + confidence + OFFSET_WEIGHT * refinement
