"""Contracts: one pandera class per table, and the code tables they refer to."""
