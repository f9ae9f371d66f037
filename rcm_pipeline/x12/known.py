"""Which transaction sets there are and which segments each of those read may hold (X12 005010 guides, and 004010 before them)."""

CLAIM_SETS = ("837P", "837I", "837D")
READ_SETS = ("835", *CLAIM_SETS, "277CA", "999", "997")
SET_NAMES = {
    "277": "a 277 claim status of an unnamed guide",
    "277 pending": "a 277 pending claim status",
    "277 response": "a 277 claim status response",
    "270": "a 270 eligibility inquiry",
    "271": "a 271 eligibility response",
    "274": "a 274 provider directory",
    "275": "a 275 attachment",
    "276": "a 276 status inquiry",
    "278": "a 278 authorization",
    "820": "an 820 premium payment",
    "824": "an 824 application advice",
    "834": "an 834 enrolment",
    "864": "an 864 text message",
}
_SEGMENTS = {
    ("835",): "ST SE BPR NTE TRN CUR REF DTM N1 N2 N3 N4 PER RDM LX TS3 TS2 CLP CAS NM1 MIA MOA AMT QTY SVC LQ PLB",
    CLAIM_SETS: (
        "ST SE BHT REF NM1 N2 N3 N4 PER HL PRV CUR SBR PAT DMG CLM DTP CL1 DN1 DN2 PWK CN1 DSB UR AMT K3 NTE CR1 CR2 "
        "CR3 CR4 CR5 CR6 CR7 CR8 CRC HI HCP HSD QTY CAS OI MIA MOA LX SV1 SV2 SV3 SV4 SV5 SV6 SV7 TOO SVD LIN CTP MEA "
        "PS1 IMM FRM LQ"
    ),
    ("277CA",): "ST SE BHT HL NM1 N3 N4 PER TRN STC QTY AMT REF DTP SVC DMG PWK",
    ("999", "997"): "ST SE AK1 AK2 AK3 AK4 AK5 AK9 IK3 IK4 IK5 CTX TA1",
}
KNOWN_SEGMENTS: dict[tuple[str, ...], frozenset[str]] = {kinds: frozenset(text.split()) for kinds, text in _SEGMENTS.items()}
