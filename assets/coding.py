"""Coder accuracy and coding errors."""

from assets.marts import mart_asset

accuracy = mart_asset("mart_coder_accuracy")
errors = mart_asset("mart_coding_errors")
