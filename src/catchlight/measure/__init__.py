"""Objective figures: similarity, sharpness, noise, colour, geometry; one package for each."""

from catchlight.measure.charts import chart_colours, find_colour_checker, find_step_wedge, grid_geometry
from catchlight.measure.colour import colour_error, delta_e_76, delta_e_94, delta_e_2000
from catchlight.measure.focus import SHARPNESS, Disparity, SharpnessMeasure, disparity_between, measure_dual_pixel
from catchlight.measure.halo import Halo, lightness, measure_halo
from catchlight.measure.no_reference import BlurEstimate, blockiness, estimate_blur, niqe
from catchlight.measure.noise import PhotonTransfer, StaticNoise, fit_photon_transfer, static_noise
from catchlight.measure.sfr import Channel, EdgesFound, MeasuredEdge, acutance, measure_edges
from catchlight.measure.similarity import WorstBlock, block_psnr, cpsnr, gmsd, ms_ssim, psnr, ssim, worst_block

__all__ = [
    "SHARPNESS",
    "BlurEstimate",
    "Channel",
    "Disparity",
    "EdgesFound",
    "Halo",
    "MeasuredEdge",
    "PhotonTransfer",
    "SharpnessMeasure",
    "StaticNoise",
    "WorstBlock",
    "acutance",
    "block_psnr",
    "blockiness",
    "chart_colours",
    "colour_error",
    "cpsnr",
    "delta_e_76",
    "delta_e_94",
    "delta_e_2000",
    "disparity_between",
    "estimate_blur",
    "find_colour_checker",
    "find_step_wedge",
    "fit_photon_transfer",
    "gmsd",
    "grid_geometry",
    "lightness",
    "measure_dual_pixel",
    "measure_edges",
    "measure_halo",
    "ms_ssim",
    "niqe",
    "psnr",
    "ssim",
    "static_noise",
    "worst_block",
]
