"""What a code allows, and the codes that stand near those of the invented world: right where the coder wrote another."""

from rcm_pipeline.sample.world import PROCEDURES

EM_LEVELS = {"9921": (4100, 7900, 14200, 21500, 29400), "9928": (12100, 24300, 43600, 74800, 109000)}  # charges of levels 1 to 5
_SIBLINGS = (
    ("93000", "93005", 4300), ("80053", "80048", 5200), ("36415", "36416", 1500), ("71046", "71045", 9100),
    ("70450", "70460", 83000), ("70551", "70553", 186000), ("29881", "29880", 438000), ("20610", "20605", 24100),
    ("97110", "97112", 7700), ("93306", "93308", 52000), ("45378", "45380", 146000),
)  # fmt: skip
SIBLING = {code: sibling for code, sibling, _ in _SIBLINGS}
OVERLOOKED_PROCEDURES = ("94760", "81002", "90471")
MODIFIERS = ("25", "59", "RT")
DETAILED = {"E119": "E1122", "M545": "M5459", "R079": "R0789", "J069": "J060", "R51": "R519", "I2510": "I25110"}
OTHER_DIAGNOSES = ("I4891", "F329", "G4733", "L309", "H9190", "D649")
OVERLOOKED_DIAGNOSES = ("Z7901", "Z87891", "E559", "N1830")
_ALLOWED_PERCENT, _CUT_PERCENT, _RAISE_PERCENT = 55, 25, 10
_CHARGES = (
    dict(PROCEDURES)
    | {sibling: charge for _, sibling, charge in _SIBLINGS}
    | dict(zip(OVERLOOKED_PROCEDURES, (3100, 1200, 4400), strict=True))
    | {f"{stem}{level}": charge for stem, charges in EM_LEVELS.items() for level, charge in enumerate(charges, start=1)}
)


def allowed(code: str, units: int) -> int:
    """Cents allowed for so many units of a procedure."""
    return _CHARGES[code] * units * _ALLOWED_PERCENT // 100


def modifier_difference(coded: str, worth: int) -> int:
    """Cents by which a wrong modifier raises what is allowed; a missing one lowers it."""
    return worth * _RAISE_PERCENT // 100 if coded else -(worth * _CUT_PERCENT // 100)
