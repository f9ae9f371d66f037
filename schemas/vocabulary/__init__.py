"""Closed lists that contracts check against, by subject; here what every subject uses. Code tables live in reference/."""

STATUSES = ["green", "amber", "red", "not_judged"]
ALL = "all"
