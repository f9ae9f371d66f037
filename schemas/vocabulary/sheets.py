"""The kinds of sheets that are read, and what people call them."""

SHEET_KINDS = {
    "qa_reviews": "QA reviews",
    "qa_findings": "QA findings",
    "qa_codes": "codes of QA reviews",
    "qa_actions": "actions after QA reviews",
    "coded_encounters": "a coding log",
    "touches": "a log of work on claims",
    "escalations": "escalations",
    "decisions": "decisions on escalations",
    "logged_denials": "a denial log or work queue",
    "appeals": "an appeal tracker",
    "postings": "a payment or posting journal",
    "receivables": "an A/R ageing",
    "worked_days": "a productivity log",
    "remittances": "payments and denials",
    "claim_outcomes": "claims with their outcome",
    "claims": "claims sent",
}
DATE_ORDERS = ["month_first", "day_first"]
