"""Denial spikes by expected versus actual (EvA): one verdict per series and week."""

from rcm_pipeline.denials.spikes.detect import detect
from rcm_pipeline.denials.spikes.leaks import slow_leaks
from rcm_pipeline.denials.spikes.model.prior import Reference
from rcm_pipeline.denials.spikes.payer_lines import payer_lines
from rcm_pipeline.denials.spikes.settings import SpikeSettings

__all__ = ["Reference", "SpikeSettings", "detect", "payer_lines", "slow_leaks"]
