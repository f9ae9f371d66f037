"""Closed lists of coding and QA: reviews, errors, methods and queries."""

STRATA = ["random", "risk"]
REBUTTALS = ["none", "open", "upheld", "overturned"]
METHODS = ["A1", "A2", "A3", "A4_gross", "A4_net", "A5", "A6", "A7"]
SCOPES = ["all", "coder", "specialty", "category", "code_family"]
PERIODS = ["all", "quarter", "week"]
DESIGNS = ["random", "stratified"]
UNITS = ["codes", "charts", "dollars", "points", "visits"]
INTERVALS = ["wilson", "wilson_clusters", "wilson_strata", "exact_finite", "difference", "none"]
REVIEW_KINDS = ["first", "second", "calibration", "reaudit"]
CODE_KINDS = ["em", "procedure", "diagnosis", "modifier", "drg", "poa", "discharge"]
CODE_VERDICTS = ["same", "changed", "missed", "extra", "order", "modifier", "units"]
ERROR_DIRECTIONS = ["over", "under", "risk", "either", "compliance"]
FINDING_BASES = ["stated", "derived"]
PARTIES = ["coder", "provider", "system", "reference"]
SAMPLE_REASONS = ["random", "denied_coding", "new_coder", "changed_code", "overdue_coder"]
CODER_GROUPS = ["below", "retrained", "recovered", "unclear", "above", "withheld"]
SETTLED_AS = ["below", "above", "recovered"]
ERROR_CODES = [
    "EM_OVER1", "EM_OVER2", "EM_UNDER1", "EM_UNDER2", "EM_CATEGORY", "PX_WRONG", "PX_MISSED", "PX_UNSUPPORTED",
    "UNBUNDLED", "MOD_MISSING", "MOD_WRONG", "UNITS", "DX_SPECIFICITY", "DX_WRONG", "DX_MISSED", "DX_UNSUPPORTED",
    "DX_SEQUENCE", "DX_LINK", "POA", "DISCH_STATUS", "DRG", "CODESET_DATE", "DOC_INSUFFICIENT", "DOC_NONE",
    "QUERY_MISSED", "QUERY_LEADING",
]  # fmt: skip
ESCALATION_REASONS = ["chart_support", "diagnosis_detail", "payer_logic", "conflicting_documentation", "other"]
