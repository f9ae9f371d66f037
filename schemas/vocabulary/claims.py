"""Closed lists of claims: how they are sent, answered and matched."""

ADJUDICATION_KINDS = ["adjudication", "reversal", "forwarded", "predetermination", "other"]
FORMATS = ["x12", "csv", "html", "parquet", "xlsx", "xls", "ods", "zip", "gzip", "unknown"]
STATUS_LEVELS = ["source", "receiver", "provider", "claim", "line"]
MATCH_RULES = ["M1", "M2", "M3", "M4", "none"]
LINE_MATCH_RULES = ["L1", "L2", "L3", "L4", "none"]
PAIR_RULES = ["R1", "R2", "R3"]
RECOUPMENT_KINDS = [
    "recoupment_taken", "recoupment_delayed", "balance_forward", "refund", "interest", "adjustment", "levy", "other",
]  # fmt: skip
LINEAGE_STATUSES = [
    "rejected", "unanswered", "pended", "paid", "denied", "partly_denied", "undecided", "reversed", "noted",
]  # fmt: skip
LAYERS = ["L1", "L2", "L3"]
FACTS = [
    "payment", "answer", "submission", "version", "interchange_verdict", "transaction_verdict", "claim_verdict",
]  # fmt: skip
DELIVERIES = ["counted", "piece", "redelivery", "part", "replaced"]
COUNTED, PIECE, REDELIVERY, PART, REPLACED = DELIVERIES
EVENT_OUTCOMES = ["accepted", "rejected", "paid", "denied", "partly_denied", "pended", "reversed", "other"]
CLOCK_SOURCES = ["plan", "default", "contract"]
SUBMISSION_STATUSES = [
    "rejected_interchange", "rejected_transaction", "rejected_batch", "answered", "partly_answered", "acknowledged",
    "received", "unanswered",
]  # fmt: skip
