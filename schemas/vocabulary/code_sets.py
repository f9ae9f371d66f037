"""Closed lists of code sets: systems, faults and changes."""

CODE_SYSTEMS = ["icd10cm", "hcpcs", "cpt", "cdt", "modifier", "cpt_modifier"]
CODE_FAULTS = ["unknown_code", "not_yet_valid", "no_longer_valid", "not_billable"]
CODE_CHANGES = ["begins", "ends", "becomes_heading"]
