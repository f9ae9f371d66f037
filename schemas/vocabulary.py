"""Closed lists that contracts check against. The words of a person's field; code tables live in reference/."""

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
CODER_GROUPS = ["below", "unclear", "above", "withheld"]
ERROR_CODES = [
    "EM_OVER1", "EM_OVER2", "EM_UNDER1", "EM_UNDER2", "EM_CATEGORY", "PX_WRONG", "PX_MISSED", "PX_UNSUPPORTED",
    "UNBUNDLED", "MOD_MISSING", "MOD_WRONG", "UNITS", "DX_SPECIFICITY", "DX_WRONG", "DX_MISSED", "DX_UNSUPPORTED",
    "DX_SEQUENCE", "DX_LINK", "POA", "DISCH_STATUS", "DRG", "CODESET_DATE", "DOC_INSUFFICIENT", "DOC_NONE",
    "QUERY_MISSED", "QUERY_LEADING",
]  # fmt: skip
DISPOSITIONS = [
    "paid", "paid_patient_resp", "denied_full", "denied_partial", "denial_suspected", "pended", "capitated",
    "cob_satisfied", "excluded",
]  # fmt: skip
DENIED = ["denied_full", "denied_partial", "denial_suspected"]
LINE_DENIED = ["denied_full", "denial_suspected"]  # what M08 counts
NOT_DECIDED = ["excluded", "pended", "capitated"]
ADJUDICATION_KINDS = ["adjudication", "reversal", "forwarded", "predetermination", "other"]
CLAIM_DENIED = ["denied_full", "denied_partial"]
CLAIM_DISPOSITIONS = ["denied_full", "denied_partial", "paid", "undecided"]
ROOT_CAUSES = [
    "coding", "documentation", "billing_format", "eligibility", "authorization", "medical_necessity", "timely_filing",
    "duplicate", "cob", "credentialing", "payer_policy", "noncovered_benefit", "patient_responsibility",
    "inherit_prior", "unspecified", "admin_info", "contractual_pricing",
]  # fmt: skip
OWNERS = ["coder", "biller", "provider", "front_desk", "payer", "patient", "none"]
PREVENTABLE = ["yes", "partly", "no"]
HARDNESS = ["hard", "soft", "na"]
EVIDENCE = ["client", "attribute", "rarc", "carc", "carc_general", "status", "none"]
LIABILITY = ["provider", "patient", "see_carc"]
STATUSES = ["green", "amber", "red", "not_judged"]
FORMATS = ["x12", "csv", "xlsx", "parquet", "zip", "gzip", "unknown"]
STATUS_LEVELS = ["source", "receiver", "provider", "claim", "line"]
ESCALATION_REASONS = ["chart_support", "diagnosis_detail", "payer_logic", "conflicting_documentation", "other"]
REVIEW_REASONS = ["chart_support", "diagnosis_detail", "payer_logic", "conflicting_documentation"]
MATCH_RULES = ["M1", "M2", "M3", "M4", "none"]
LINE_MATCH_RULES = ["L1", "L2", "L3", "none"]
PAIR_RULES = ["R1", "R2", "R3"]
EXPECTED_BASES = ["line", "family", "payer", "all"]
RECOUPMENT_KINDS = [
    "recoupment_taken", "recoupment_delayed", "balance_forward", "refund", "interest", "adjustment", "levy", "other",
]  # fmt: skip
LINEAGE_STATUSES = [
    "rejected", "unanswered", "pended", "paid", "denied", "partly_denied", "undecided", "reversed", "noted",
]  # fmt: skip
LAYERS = ["L1", "L2", "L3"]
FACTS = ["payment", "answer", "submission", "version"]
EVENT_OUTCOMES = ["accepted", "rejected", "paid", "denied", "partly_denied", "pended", "reversed", "other"]
STAGES = [
    "registration", "authorization", "enrolment", "documentation", "coding", "claim_build", "clearinghouse", "payer",
    "posting", "follow_up", "none",
]  # fmt: skip
CHANNELS = ["corrected_claim", "records", "appeal", "peer_to_peer", "observation", "payer_reprocessing"]
RESOLUTIONS = ["open", "overturned", "settled", "written_off", "expired"]
URGENCIES = ["soon", "open", "doubtful", "late"]
FUNNEL_STEPS = ["sent", "file_accepted", "claim_accepted", "decided", "undenied", "first_pass"]
CLOCK_SOURCES = ["plan", "default", "contract"]
SUBMISSION_STATUSES = [
    "rejected_interchange", "rejected_transaction", "rejected_batch", "answered", "partly_answered", "acknowledged",
    "received", "unanswered",
]  # fmt: skip
SPIKE_DIMENSIONS = ["carc", "rarc", "code_family", "place", "provider", "coder"]
OPEN_SPIKE_STATES = ["new", "continuing", "fading"]
SPIKE_STATES = [*OPEN_SPIKE_STATES, "closed"]
LINE_READINGS = ["payer", "process"]
SPIKE_READINGS = ["coder", "client", "payer"]
CODE_SYSTEMS = ["icd10cm", "hcpcs", "cpt", "cdt", "modifier", "cpt_modifier"]
CODE_FAULTS = ["unknown_code", "not_yet_valid", "no_longer_valid", "not_billable"]
CODE_CHANGES = ["begins", "ends", "becomes_heading"]
ALL = "all"
