"""Objective figures: how close a picture is to the truth, and where it is worst."""

from catchlight.measure.psnr import cpsnr, psnr
from catchlight.measure.ssim import ssim
from catchlight.measure.worst_block import WorstBlock, block_psnr, worst_block

__all__ = ["WorstBlock", "block_psnr", "cpsnr", "psnr", "ssim", "worst_block"]
