"""What denials cost."""

from assets.marts import mart_asset

costs = mart_asset("mart_rework_costs")
