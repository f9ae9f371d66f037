"""Closed lists of denials: dispositions, causes, who can fix them, and what becomes of them."""

DISPOSITIONS = [
    "paid", "paid_patient_resp", "denied_full", "denied_partial", "denial_suspected", "pended", "capitated",
    "cob_satisfied", "excluded",
]  # fmt: skip
DENIED = ["denied_full", "denied_partial", "denial_suspected"]
LINE_DENIED = ["denied_full", "denial_suspected"]  # what M08 counts
DUPLICATE_CARCS = ("18", "B13")
NOT_DECIDED = ["excluded", "pended", "capitated"]
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
REVIEW_REASONS = ["chart_support", "diagnosis_detail", "payer_logic", "conflicting_documentation"]
EXPECTED_BASES = ["line", "family", "payer", "all"]
STAGES = [
    "registration", "authorization", "enrolment", "documentation", "coding", "claim_build", "clearinghouse", "payer",
    "posting", "follow_up", "none",
]  # fmt: skip
CHANNELS = ["corrected_claim", "records", "appeal", "peer_to_peer", "observation", "payer_reprocessing"]
RESOLUTIONS = ["open", "overturned", "settled", "written_off", "expired"]
URGENCIES = ["soon", "open", "doubtful", "late"]
FUNNEL_STEPS = ["sent", "file_accepted", "claim_accepted", "decided", "undenied", "first_pass"]
