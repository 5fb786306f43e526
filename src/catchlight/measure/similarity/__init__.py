"""How close a picture is to the truth, and where it is worst."""

from catchlight.measure.similarity.gmsd import gmsd
from catchlight.measure.similarity.ms_ssim import ms_ssim
from catchlight.measure.similarity.psnr import cpsnr, psnr
from catchlight.measure.similarity.ssim import ssim
from catchlight.measure.similarity.worst_block import WorstBlock, block_psnr, worst_block

__all__ = [
    "WorstBlock",
    "block_psnr",
    "cpsnr",
    "gmsd",
    "ms_ssim",
    "psnr",
    "ssim",
    "worst_block",
]
