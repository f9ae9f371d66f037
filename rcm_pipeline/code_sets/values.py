"""Every coded value of the 837 claims as one row: its code set, its code, the day it is judged by and what it is worth."""

import polars as pl

from rcm_pipeline.code_sets.systems import CDT, CPT, CPT_MODIFIER, HCPCS, ICD10CM, MODIFIER, SYSTEMS
from schemas.vocabulary.claims import COUNTED

KEYS = ("file_id", "claim_no")
PLACE = ("line_no", "diagnosis_no", "modifier_no")
_ICD10CM = ("ABK", "ABF", "ABJ", "APR", "ABN")  # BK, BF, BJ, PR and BN are ICD-9-CM; BBR and BBQ are ICD-10-PCS
_PROCEDURES = ("HC", "AD")  # HCPCS and CPT, CDT; other qualifiers (HIPPS, ABC, NDC) are of sets that are not checked
_CLAIM = (
    "version_id", "lineage_id", "version_no", "frequency_code", "sent_date", "payer_id", "line_count", "place_qualifier", "place_code",
    "first_service_date", "last_service_date", "charge_amount",
)  # fmt: skip
_LINE = (
    *KEYS, "line_no", "code_qualifier", "procedure_code", *(f"modifier_{n}_code" for n in range(1, 5)), "charge_amount",
    "service_from_date",
)  # fmt: skip
_VOID = "8"
# Inpatient hospital, swing bed, inpatient skilled nursing and home health claims are judged by their last day, all others by
# their first (CMS SE1408, claims that span 1 October).
_BY_LAST_DAY = ("11", "18", "21", "32")


def coded_values(lines: pl.LazyFrame, diagnoses: pl.LazyFrame, deliveries: pl.LazyFrame, versions: pl.LazyFrame) -> pl.DataFrame:
    """`values_of` raw_claim_lines, raw_claim_diagnoses and core_claim_versions, which core_deliveries brings together."""
    is_counted = (pl.col("fact_code") == "version") & (pl.col("delivery_code") == COUNTED)
    places = deliveries.filter(is_counted).select(*KEYS, pl.col("fact_id").alias("version_id"))
    claims = versions.select(_CLAIM).join(places, on="version_id", how="inner")
    coded = diagnoses.select(*KEYS, "diagnosis_no", "qualifier_code", "diagnosis_code")
    return values_of(lines.select(_LINE).collect(), coded.collect(), claims.collect())


def values_of(lines: pl.DataFrame, diagnoses: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """One row per diagnosis, procedure and modifier of every 837 claim that is no void, with its code set.

    `versions` are core_claim_versions with file_id and claim_no.
    `service_date` is the line's first day, else the claim's; for a diagnosis the claim's first day, or its last for
    inpatient claims. Null when none was sent. `charge_amount` is the line's, for a diagnosis the claim's.
    """
    claims = versions.filter(pl.col("frequency_code").fill_null("1") != _VOID).with_columns(
        (pl.col("version_no") == pl.col("version_no").max().over("lineage_id")).alias("is_newest")
    )
    is_inpatient = (pl.col("place_qualifier") == "A") & pl.col("place_code").is_in(_BY_LAST_DAY)
    first = pl.col("first_service_date")
    by_claim = pl.when(is_inpatient.fill_null(False)).then(pl.coalesce("last_service_date", first)).otherwise(first)
    kept = [*KEYS, "version_id", "lineage_id", "is_newest", "sent_date", "payer_id", "line_count"]
    known = claims.select(*kept, first, by_claim.alias("_claim_date"), pl.col("charge_amount").alias("_claim_charge"))
    on_lines = pl.concat([procedures(lines), modifiers(lines)], how="diagonal").join(known, on=KEYS)
    on_claims = diagnosis_codes(diagnoses).join(known, on=KEYS)
    dated = pl.concat(
        [
            on_lines.with_columns(pl.coalesce("service_date", "first_service_date").alias("service_date")),
            on_claims.with_columns(pl.col("_claim_date").alias("service_date"), pl.col("_claim_charge").alias("charge_amount")),
        ],
        how="diagonal",
    )
    return dated.drop("first_service_date", "_claim_date", "_claim_charge")


def used_codes(lines: pl.DataFrame, diagnoses: pl.DataFrame) -> pl.DataFrame:
    """Every code used (system_code, code), once; what has not the form of a code is left out."""
    parts = [procedures(lines), modifiers(lines), diagnosis_codes(diagnoses)]
    return pl.concat([part.select("system_code", "code") for part in parts]).drop_nulls().unique().sort("system_code", "code")


def procedures(lines: pl.DataFrame) -> pl.DataFrame:
    """The procedure codes of the lines. D-codes are CDT, other codes that begin with a letter HCPCS, the rest CPT."""
    code = _clean("procedure_code")
    system = pl.when(code.str.contains("^D")).then(pl.lit(CDT)).when(code.str.contains("^[A-Z]")).then(pl.lit(HCPCS)).otherwise(pl.lit(CPT))
    is_known = pl.col("code_qualifier").is_in(_PROCEDURES) & code.is_not_null()
    return _formed(lines.filter(is_known).select(*_line_keys(lines), system.alias("system_code"), code.alias("code")))


def modifiers(lines: pl.DataFrame) -> pl.DataFrame:
    """The modifiers of the lines, first to fourth."""
    parts = []
    for place in range(1, 5):
        code = _clean(f"modifier_{place}_code")
        is_of_cpt = code.str.contains(f"^(?:{SYSTEMS[CPT_MODIFIER].form})$") | code.str.contains("^[0-9]")
        system = pl.when(is_of_cpt).then(pl.lit(CPT_MODIFIER)).otherwise(pl.lit(MODIFIER))
        rows = lines.filter(pl.col("code_qualifier").is_in(_PROCEDURES) & code.is_not_null())
        number = pl.lit(place, pl.Int64).alias("modifier_no")
        parts.append(rows.select(*_line_keys(lines), number, system.alias("system_code"), code.alias("code")))
    return _formed(pl.concat(parts))


def diagnosis_codes(diagnoses: pl.DataFrame) -> pl.DataFrame:
    """The ICD-10-CM diagnoses, without the point; ICD-9-CM and ICD-10-PCS by their qualifiers left out."""
    code = _clean("diagnosis_code").str.replace_all(".", "", literal=True)
    keys = [name for name in (*KEYS, "diagnosis_no") if name in diagnoses.columns]
    rows = diagnoses.filter(pl.col("qualifier_code").is_in(_ICD10CM) & code.is_not_null())
    return _formed(rows.select(*keys, pl.lit(ICD10CM).alias("system_code"), code.alias("code")))


def _line_keys(lines: pl.DataFrame) -> list[pl.Expr]:
    kept = {"service_from_date": "service_date", "charge_amount": "charge_amount"}
    known = [name for name in (*KEYS, "line_no") if name in lines.columns]
    return [*(pl.col(name) for name in known), *(pl.col(old).alias(new) for old, new in kept.items() if old in lines.columns)]


def _clean(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars().str.to_uppercase()
    return pl.when(text != "").then(text)


def _formed(values: pl.DataFrame) -> pl.DataFrame:
    """A code that has not the form of its system's becomes null: it may be a slip of any kind, and is shown nowhere."""
    form = pl.col("system_code").replace_strict({name: f"^(?:{system.form})$" for name, system in SYSTEMS.items()}, return_dtype=pl.String)
    return values.with_columns(pl.when(pl.col("code").str.contains(form)).then("code").alias("code"))
