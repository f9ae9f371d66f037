"""A client is a partition."""

import dagster as dg

CLIENTS = dg.DynamicPartitionsDefinition(name="clients")
