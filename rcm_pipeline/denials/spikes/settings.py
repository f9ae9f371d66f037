"""The constants of the spike detector, each with its reason."""

from dataclasses import dataclass

from rcm_pipeline.denials.spikes.model.prior import Reference
from schemas.thresholds import SPIKE_EXTRA, SPIKE_LIFT, SPIKE_Q


@dataclass(frozen=True)
class SpikeSettings:
    """Chosen on simulated clients with seeds of their own (`benchmarks.spikes`); none is fitted to one client's data."""

    windows: tuple[int, ...] = (1, 2)  # weeks tested together, each with the weeks before it
    window_price: float = 1.5  # p = price x the smallest; two windows overlap, so less than two
    few_rebate: float = 0.35  # of that price where few denials are expected: counts are whole, and mid-p then errs on the safe side
    left_out: int = 1  # full weeks before the tested one that are not in its baseline, so that a spike cannot hide itself
    half_lives: tuple[float, ...] = (6.0, 16.0, 45.0, 130.0)  # weeks; what foretold a series best weighs most
    score_half_life: float = 52.0  # weeks over which the half-lives are compared
    score_weight: float = 0.35  # of a squared surprise in that comparison; 1 trusts noise, 0 compares nothing
    score_cap: float = 3.0  # surprises count to here in it
    rate_claims: float = 100.0  # the payer's rate for the cause counts as so many decided claims of the client
    parent_claims: float = 200.0  # and the rate of the cause over payers as so many of the payer
    robust: float = 2.2  # standard deviations; a past week further away counts (2.2 / z)² in baseline and season
    usual_pace: float = 0.05  # of a week in the claims of an ordinary week, by which weeks of other sizes are weighed
    settle_weeks: int = 5  # of a baseline before its surprises are believed
    season_years: int = 10  # looked back
    season_hindsight: int = 26  # weeks after which a week is told to be a season or a change that lasted
    season_decay: float = 0.9  # weight of a year against the next
    season_weeks: int = 6  # reach of the smooth season to either side
    season_sharp: float = 100.0  # effective denials the smooth season counts as, beside the same week of past years
    season_group: float = 5.0  # effective denials the season of the cause counts as, beside that of the payer
    season_cause: float = 60.0  # effective denials that "no season" counts as, beside that of the cause
    season_doubt: float = 0.7  # of the variance (E/4 |1 - 1/I|)² that an index adds to its week
    prior_doubt: float = 0.2  # relative sd of a shipped January index
    january_doubt: float = 0.3  # and of a January without one: most causes keep their rate in it, some rise by half
    noise_denials: float = 15.0  # expected a week, at which chance hides noise as much as it shows: fewer tell little of it
    noise_weeks: float = 6.0  # weeks of the series' own noise that the noise of series of its size counts as
    noise_states: tuple[tuple[float, float], ...] = (
        (0.94, 0.93),
        (0.06, 1.65),
    )  # chance, times the noise above counting: it is not known exactly
    young_chance: float = 0.025  # of a third state, in which what is not known yet of a series (season, shifts) shows
    young_times: float = 5.0  # that noise in it
    young_half_life: float = 30.0  # weeks of history over which that chance halves
    noise_half_life: float = 52.0
    noise_belief: float = 0.4  # of a week, at or below which it tells of a spike and not of noise
    noise_clip: float = 2.2  # standard deviations at which a week's own noise is cut
    pool_decay: float = 0.98  # a week, of the noise of all series
    min_weeks: int = 8  # with decided claims in the baseline, to be judged
    promise_weeks: int = 13  # in which alarms are counted: a quarter is what a person looks back over
    family_weeks: int = 8  # of these, in which an alarm lends its rank to others: an older one is known by then
    false_share: float = SPIKE_Q  # of the alarms of these weeks, by Benjamini-Hochberg
    min_lift: float = SPIKE_LIFT  # of the denials over the expected, to be worth a page
    min_extra: float = SPIKE_EXTRA  # denials over the expected in the window, to be worth a page: one claim is no spike
    tell_chance: float = 0.01  # if all claims denied would be no rarer than this, there are too few to tell
    reference: Reference | None = None  # what the portfolio hands back to a client
