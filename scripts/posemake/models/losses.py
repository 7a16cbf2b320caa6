"""What training makes small (B batch, K keypoints, h w cells of the heatmap)."""

import torch
import torch.nn.functional as F

from posemake.networks.heatmap import encode, mean_cell, to_cells

OFFSET_WEIGHT = 1.0  # what tells an offset sharpens the heatmap: with less, points are less precise
MEAN_WEIGHT = 3.0  # the mean is pulled by all of the background, which the other terms hardly see


def pose_loss(heat: torch.Tensor, offset: torch.Tensor | None, xy: torch.Tensor, stride: int, sigma: float) -> torch.Tensor:
    """Loss of one batch: where the keypoint is, how sure to be, and the sub-pixel rest.

    Three terms. Cross-entropy over all cells of the image, against the Gaussian as a distribution: it has a strong gradient
    from the first step, where a per-cell loss is drowned by background. Binary cross-entropy per cell against the Gaussian,
    with easy background weighted down (penalty-reduced focal loss, Law & Deng, ECCV 2018): it makes the peak a confidence.
    Smooth L1 of the offsets around the keypoint.

    Where there are no offsets, the third is L1 in cells of the heatmap's mean position (integral regression, Sun et al.,
    ECCV 2018). The first then keeps the heatmap peaked, as Nibali et al. (2018) do with the divergence from a Gaussian; the
    second is the same, so that confidences of both heads mean the same.

    A keypoint without a label (NaN) adds nothing. One that is known not to be seen (inf) has an empty heatmap as target of the
    second term, and no part in the others.

    Parameters
    ----------
    heat, offset
        What the network returns: logits (B, K, h, w) and cells (B, K, 2, h, w), or None.
    xy
        (B, K, 2) in pixels of the input, NaN where nothing is known, inf where there is nothing to see.
    """
    target, shift, near = encode(xy, tuple(heat.shape[-2:]), stride, sigma)
    known = torch.isfinite(xy).all(-1)
    told = known | torch.isinf(xy).any(-1)
    count = known.sum().clamp(min=1)
    spread = target / target.sum((-2, -1), keepdim=True).clamp(min=1e-6)
    place = -(spread * heat.flatten(2).log_softmax(-1).view_as(heat)).sum((-2, -1))
    place = (place * known).sum() / count
    chance = torch.sigmoid(heat)
    per_cell = F.binary_cross_entropy_with_logits(heat, target, reduction="none") * (chance - target).abs() ** 2
    sure = (per_cell.sum((-2, -1)) * told).sum() / told.sum().clamp(min=1)
    if offset is None:
        error = (mean_cell(heat) - to_cells(torch.nan_to_num(xy, posinf=0), stride)).abs().sum(-1)
        return place + sure + MEAN_WEIGHT * (error * known).sum() / count
    error = F.smooth_l1_loss(offset, shift, reduction="none").sum(2) * near
    rest = error.sum() / near.sum().clamp(min=1)
    return place + sure + OFFSET_WEIGHT * rest
