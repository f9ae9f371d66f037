"""The denial rules as readable cases: an 835 snippet in, one row per line out. They also make docs/rules.md."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`lines`: (disposition, root cause or –, denied dollars) per line in order, root cause – when nothing is denied."""

    rule: str
    title: str
    why: str
    segments: str
    lines: list[tuple[str, str, str]]
    payer: str = "PAYERX"


CASES = [
    Case("D01", "A reversal decides nothing", "CLP02 22 takes back an earlier answer; counting it would count the claim twice.",
         "CLP*A1*22*-100*-80*0*CI*I1\nSVC*HC:99213*-100*-80\nCAS*CO*45*-20", [("excluded", "–", "0.00")]),
    Case("D01", "A predetermination decides nothing", "CLP02 25 is an estimate.",
         "CLP*A1*25*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*50*100", [("excluded", "–", "100.00")]),
    Case("D02", "A line without a readable charge is not judged", "Guessing zero would turn a typing error into a rate.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*1O0*0\nCAS*CO*50*100", [("excluded", "–", "100.00")]),
    Case("D03", "A line charged at zero is left out", "Nothing was asked for, so nothing can be denied.",
         "CLP*A1*1*100*80*0*CI*I1\nSVC*HC:99213*100*80\nCAS*CO*45*20\nSVC*HC:G8427*0*0", [("paid", "–", "0.00"), ("excluded", "–", "0.00")]),
    Case("D03", "A reporting-only line is left out", "CARC 246 says the code was for reporting.",
         "CLP*A1*1*10*0*0*CI*I1\nSVC*HC:G8427*10*0\nCAS*CO*246*10", [("excluded", "–", "0.00")]),
    Case("D04", "A pended line is not decided yet", "CARC 133 asks for nothing but patience; the final answer will be counted.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*OA*133*100", [("pended", "–", "0.00")]),
    Case("D05", "Capitation is not a denial where the client is capitated", "CO-24 from a capitated payer is how that contract pays.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*24*100", [("capitated", "–", "0.00")], payer="CAPITATED"),
    Case("D06", "The same code from another payer is a denial", "Where the settings name no capitation, nothing but the claim could pay the line.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*24*100", [("denied_full", "payer_policy", "100.00")]),
    Case("D06", "Denied in full although the status says processed", "Under 005010X221 nearly every denial arrives with CLP02 1, 2 or 3.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*197*100", [("denied_full", "authorization", "100.00")]),
    Case("D06", "Denied in full beside a contract write-off", "The denial takes what the contract would have paid.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*45*40**50*60", [("denied_full", "medical_necessity", "60.00")]),
    Case("D06", "A denial the patient must pay is still a denial", "PR-96 leaves the bill with the patient; liability says so, the count does not change.",
         "CLP*A1*1*100*0*100*CI*I1\nSVC*HC:99213*100*0\nCAS*PR*96*100", [("denied_full", "noncovered_benefit", "100.00")]),
    Case("D06", "A remark refines a general reason", "CARC 16 alone means billing data; with N822 it is a missing modifier, which is coding.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*16*100\nLQ*HE*N822", [("denied_full", "coding", "100.00")]),
    Case("D06", "A remark at claim level refines too", "MOA carries remarks for the whole claim.",
         "CLP*A1*1*100*0*0*CI*I1\nMOA***N822\nSVC*HC:99213*100*0\nCAS*CO*16*100", [("denied_full", "coding", "100.00")]),
    Case("D06", "A remark that does not pair with the reason refines nothing", "N822 belongs to CARC 16 and 4, not to 29.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*29*100\nLQ*HE*N822", [("denied_full", "timely_filing", "100.00")]),
    Case("D06", "Remarks that point to different causes leave it to a person", "N822 says coding, M127 says documentation: incomplete chart support, a person decides.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*16*100\nLQ*HE*N822\nLQ*HE*M127", [("denied_full", "unspecified", "100.00")]),
    Case("D06", "A remark on the line goes before one on the claim", "The nearer evidence decides; only remarks of one level contradict each other.",
         "CLP*A1*1*100*0*0*CI*I1\nMOA***M127\nSVC*HC:99213*100*0\nCAS*CO*16*100\nLQ*HE*N822", [("denied_full", "coding", "100.00")]),
    Case("D06", "No usable reason", "A1 says only that it is denied; a person must ask.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*A1*100", [("denied_full", "unspecified", "100.00")]),
    Case("D06", "The largest denial amount names the cause", "Several reasons stand on the line; all are kept, one is the main one.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*29*30**197*70", [("denied_full", "authorization", "100.00")]),
    Case("D06", "A claim denied without lines is one line", "Some payers send no SVC at all.",
         "CLP*A1*4*100*0*0*CI*I1\nCAS*CO*31*100", [("denied_full", "eligibility", "100.00")]),
    Case("D06", "A claim-level denial reaches every line by its charge", "30 of 100 dollars goes to the line that charged 30 of 100.",
         "CLP*A1*1*100*0*0*CI*I1\nCAS*CO*29*100\nSVC*HC:99213*70*0\nSVC*HC:93000*30*0",
         [("denied_full", "timely_filing", "70.00"), ("denied_full", "timely_filing", "30.00")]),
    Case("D06", "Shares are whole cents and lose none", "100.00 over three equal lines is 33.33, 33.33 and 33.34.",
         "CLP*A1*1*300*200*0*CI*I1\nCAS*CO*29*100\nSVC*HC:99213*100*0\nSVC*HC:99213*100*0\nSVC*HC:99213*100*0",
         [("denied_full", "timely_filing", "33.33"), ("denied_full", "timely_filing", "33.33"), ("denied_full", "timely_filing", "33.34")]),
    Case("D06", "A claim-level denial of lines reported as paid", "Lines say paid, the claim takes it all back: nothing was paid.",
         "CLP*A1*1*100*0*0*CI*I1\nCAS*CO*50*100\nSVC*HC:99213*60*60\nSVC*HC:93000*40*40",
         [("denied_full", "medical_necessity", "60.00"), ("denied_full", "medical_necessity", "40.00")]),
    Case("D07", "Units cut is a partial denial", "Something was paid, something was denied.",
         "CLP*A1*1*100*30*0*CI*I1\nSVC*HC:97110*100*30\nCAS*CO*45*40**151*30\nLQ*HE*N362", [("denied_partial", "coding", "30.00")]),
    Case("D08", "Status 4 without any reason is an eligibility denial", "That status says the patient was not recognised.",
         "CLP*A1*4*100*0*0*CI*I1\nSVC*HC:99213*100*0", [("denied_full", "eligibility", "100.00")]),
    Case("D09", "The deductible is not a denial", "Nothing was paid, and all of it is the patient's share.",
         "CLP*A1*1*100*0*60*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*45*40\nCAS*PR*1*60", [("paid_patient_resp", "–", "0.00")]),
    Case("D10", "What another payer paid is not a denial", "OA-23 covers the charge.",
         "CLP*A1*2*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*OA*23*100", [("cob_satisfied", "–", "0.00")]),
    Case("D11", "A contract write-off of the whole charge is suspected", "X12 forbids CO-45 for the full charge with nothing paid; a denial hides there.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*45*100", [("denial_suspected", "unspecified", "100.00")]),
    Case("D11", "An unknown reason code with nothing paid is suspected", "A private or future code cannot be looked up; a person must.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*ZZ9*100", [("denial_suspected", "unspecified", "100.00")]),
    Case("D11", "A code stopped before the date of the remittance is unknown", "CARC 15 was stopped in 2018; the remittance is of 2026. Its last meaning still names the cause.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*15*100", [("denial_suspected", "authorization", "100.00")]),
    Case("D06", "Lines without adjustments of their own take the claim-level denial", "The first line explains itself; the second is what the claim-level amount is about.",
         "CLP*A1*1*100*40*0*CI*I1\nCAS*CO*29*50\nSVC*HC:99213*50*40\nCAS*CO*45*10\nSVC*HC:93000*50*50",
         [("paid", "–", "0.00"), ("denied_full", "timely_filing", "50.00")]),
    Case("D12", "Paid less the contract write-off", "The ordinary case.",
         "CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*45*40", [("paid", "–", "0.00")]),
    Case("D03", "Remark N620 says reporting only", "Whatever the reason code, the line asked for no payment.",
         "CLP*A1*1*10*0*0*CI*I1\nSVC*HC:G8427*10*0\nCAS*CO*96*10\nLQ*HE*N620", [("excluded", "–", "10.00")]),
    Case("D04", "Remark N924 says pending", "The remark overrides the reason until the final answer comes.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*50*100\nLQ*HE*N924", [("pended", "–", "0.00")]),
    Case("D06", "Line payments that already know of a claim-level denial stay as they are", "SVC03 adds up to CLP04; the denial goes to the line that falls short by it.",
         "CLP*A1*1*300*100*0*CI*I1\nCAS*CO*197*200\nSVC*HC:99213*100*100\nSVC*HC:93000*200*0",
         [("paid", "–", "0.00"), ("denied_full", "authorization", "200.00")]),
    Case("D11", "Nothing paid and nothing said is suspected", "The line does not balance; a denial may hide there, a person must look.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0", [("denial_suspected", "unspecified", "100.00")]),
    Case("D12", "N923 on a line says it is not denied", "The remark overrides the reason.",
         "CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*50*100\nLQ*HE*N923", [("paid", "–", "0.00")]),
]  # fmt: skip
