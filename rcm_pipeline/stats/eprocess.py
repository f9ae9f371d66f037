"""Evidence that a coder is below the standard which may be looked at every month, or week, without accusing the innocent."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import betainc, betaln

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.accuracy_limits import Floats
from schemas.thresholds import EVIDENCE_ALARM

_LEAST = 1e-250  # below, the incomplete beta function loses its digits


@dataclass(frozen=True)
class EvidenceSettings:
    """What is watched for (method D5)."""

    standard: float = 0.95
    prior_right: float = 18.0  # accuracies looked for: Beta(18, 2), around 90 %, cut at the standard
    prior_wrong: float = 2.0
    alarm: float = EVIDENCE_ALARM  # a coder at the standard reaches it in at most 1 of 20 careers (Ville), in 1.7 % of 24 months


def evidence(looks: pl.DataFrame, *, settings: EvidenceSettings | None = None) -> pl.DataFrame:
    """One row per coder and date: coder_id, date, right, total (of that look), cumulative_right, cumulative_total, e_value,
    log_e_value, is_alarm (reached by then) and alarm_date, the look at which it first rang, null where never.

    `looks`: a row per `coder_id` and `date` of the look (month, week, any size) with `right` of `total` charts of the random
    sample. The unit is the chart: right or wrong, or, when codes are counted, the share of its codes that are right, so `right` may be
    a fraction; codes of one chart are alike and must not enter one by one. Null or 0 of `total`: no data, the evidence stays.

    e = [B(18 + x, 2 + w) I(18 + x, 2 + w) / (B(18, 2) I(18, 2))] / (0.95^x 0.05^w), x right and w wrong so far, I the
    incomplete beta function at 0.95: the likelihood averaged over accuracies below the standard, over that at the standard.
    Its mean is at most 1 at every accuracy of 95 % or more, also for shares of charts (a weighted geometric mean is no larger
    than the arithmetic one), so the chance that it ever reaches 20 is at most 5 % (Ville 1939), however often one looks.

    Raises InputError naming the column and how many rows are wrong.
    """
    chosen = settings or EvidenceSettings()
    table = _checked(looks, chosen)
    of_coder = [pl.col(name).cum_sum().over("coder_id").alias(f"cumulative_{name}") for name in ("right", "total")]
    summed = table.with_columns(of_coder)
    right, total = (summed[name].cast(pl.Float64).to_numpy() for name in ("cumulative_right", "cumulative_total"))
    log_e = log_evidence(right, total - right, chosen)
    with np.errstate(over="ignore"):
        numbers = [pl.Series("e_value", np.exp(np.minimum(log_e, 700.0))), pl.Series("log_e_value", log_e)]
    is_ringing = pl.col("log_e_value") >= np.log(chosen.alarm)
    rang = pl.col("date").filter(is_ringing).min().over("coder_id").alias("alarm_date")
    return summed.with_columns(numbers).with_columns(
        is_ringing.cast(pl.Int8).cum_max().over("coder_id").cast(pl.Boolean).alias("is_alarm"), rang
    )


def log_evidence(right: Floats, wrong: Floats, settings: EvidenceSettings) -> Floats:
    """The natural logarithm of the e-value; see `evidence`."""
    a, b, standard = settings.prior_right, settings.prior_wrong, settings.standard
    x, w = a + right, b + wrong
    prior = betaln(a, b) + np.log(betainc(a, b, standard))
    mass = betainc(x, w, standard)
    is_plain = mass > _LEAST
    plain = betaln(x, w) + np.log(np.where(is_plain, mass, 1.0)) - prior - right * np.log(standard) - wrong * np.log1p(-standard)
    # far above the standard the mass is too small for a float: by its series, whose terms fall as those of a geometric one there
    falls = np.where(is_plain, 0.0, standard * (x + w) / (x + 1))
    tail = a * np.log(standard) + b * np.log1p(-standard) - np.log(x) - np.log1p(-falls) - prior
    log_e: Floats = np.where(is_plain, plain, tail)
    return log_e


def _checked(looks: pl.DataFrame, settings: EvidenceSettings) -> pl.DataFrame:
    if not (0 < settings.standard < 1 and settings.alarm > 1 and min(settings.prior_right, settings.prior_wrong) > 0):
        raise InputError("standard is not between 0 and 1, alarm not above 1, or a prior count not above 0")
    needed = ("coder_id", "date", "right", "total")
    if missing := [name for name in needed if name not in looks.columns]:
        raise InputError(f"looks lack {', '.join(missing)}", fix="Give one row per coder and look with these columns.")
    right, total = pl.col("right").fill_null(0), pl.col("total").fill_null(0)
    wrong = {
        "coder_id": pl.col("coder_id").is_null(),
        "date": pl.col("date").is_null() | pl.struct("coder_id", "date").is_duplicated(),
        "right": ~((right >= 0) & (right <= total)) | (pl.col("right").is_null() & (total > 0)),
        "total": ~(total.cast(pl.Float64).is_finite()),
    }
    for name, is_wrong in wrong.items():
        if count := looks.select(is_wrong.sum()).item():
            raise InputError(f"{name} is wrong in {count} rows of looks", fix="One row per coder and date, right from 0 to total.")
    return looks.select(pl.col("coder_id"), pl.col("date"), right, total).sort("coder_id", "date")
