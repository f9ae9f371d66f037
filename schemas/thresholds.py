"""Thresholds that both a rule and the words about it need: the settings of the library and the contracts read them here.

Each number stands once. A contract, a page or a document that names one formats it from here.
"""

SPIKE_Q = 0.10  # share of false alarms allowed among those of a client's quarter, on average: one in ten is worth an analyst's look
SPIKE_LIFT = 1.25  # denied over expected below which a rise is real but not worth a page
SPIKE_EXTRA = 2.0  # denials beyond the expected, so that one claim more is no alarm
LEAK_LIFT = 1.15  # of four weeks together: a slow leak is smaller than a spike, but its numbers are larger
SOON_DAYS = 14  # left until a deadline: two weekly packs to act in
EVIDENCE_ALARM = 20.0  # of the monthly looks at a coder: at the standard, reached in at most 1 of 20 careers (Ville 1939)
EVIDENCE_ABOVE = 10.0  # on the other side, from which a coder is put above: nothing is done about it, so 1 of 10 is enough
BALANCED_SHARE = 0.95  # of claim payments that must balance: below it the remittances of a payer are not readable as sent
CLASSIFIED_SHARE = 0.95  # of denied dollars that must have a usable cause
INCOMPLETE_SHARE = 0.25  # of a usual week's claim payments, below which a week is not reported yet: no holiday takes three quarters
FRESH_DAYS = 21  # age of the newest remittance: three weekly cycles missed
