"""Inbox to ledger to raw tables."""
