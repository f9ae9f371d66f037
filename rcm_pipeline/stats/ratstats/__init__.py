"""Estimates of a universe from a sample, as RAT-STATS (HHS OIG) makes them: attributes, amounts, sample sizes, random selection."""

from rcm_pipeline.stats.ratstats.allocation import StratifiedSampleSize, allocate, stratified_sample_size
from rcm_pipeline.stats.ratstats.attribute import (
    AttributeAppraisal,
    AttributeLimits,
    StratifiedAttribute,
    attribute_appraisal,
    attribute_limits,
    stratified_attribute,
)
from rcm_pipeline.stats.ratstats.multistage import (
    GroupedAppraisal,
    combined,
    stratified_cluster_attribute,
    two_stage_attribute,
    two_stage_variable,
)
from rcm_pipeline.stats.ratstats.results import Estimate, Interval, printed
from rcm_pipeline.stats.ratstats.sample_size import (
    SampleSize,
    attribute_sample_size,
    variable_sample_sizes,
    variable_sample_sizes_from_error_rate,
    variable_sample_sizes_from_probe,
)
from rcm_pipeline.stats.ratstats.selection import Selection, select
from rcm_pipeline.stats.ratstats.variable import (
    ComparedAppraisal,
    StratifiedVariable,
    VariableAppraisal,
    compared_appraisal,
    post_stratified_variable,
    stratified_cluster_variable,
    stratified_variable,
    variable_appraisal,
)

__all__ = [
    "AttributeAppraisal",
    "AttributeLimits",
    "ComparedAppraisal",
    "Estimate",
    "GroupedAppraisal",
    "Interval",
    "SampleSize",
    "Selection",
    "StratifiedAttribute",
    "StratifiedSampleSize",
    "StratifiedVariable",
    "VariableAppraisal",
    "allocate",
    "attribute_appraisal",
    "attribute_limits",
    "attribute_sample_size",
    "combined",
    "compared_appraisal",
    "post_stratified_variable",
    "printed",
    "select",
    "stratified_attribute",
    "stratified_cluster_attribute",
    "stratified_cluster_variable",
    "stratified_sample_size",
    "stratified_variable",
    "two_stage_attribute",
    "two_stage_variable",
    "variable_appraisal",
    "variable_sample_sizes",
    "variable_sample_sizes_from_error_rate",
    "variable_sample_sizes_from_probe",
]
