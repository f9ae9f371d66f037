"""The constants of the nowcast, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NowcastSettings:
    """Chosen on simulated payers with mean lags of 2–5 weeks (`benchmarks.spikes.nowcasts`).

    With rates that do not change, half or twice of the variances, half-lives and priors there moved neither bias nor coverage
    by more than a point.
    """

    weeks: int = 13  # a quarter of submission weeks is shown; at most `history`
    history: int = 78  # weeks looked at: three half-lives of the baseline
    last_age: int = 26  # later decisions count as made at this age; so few are left by then that the tail need not be drawn
    recent: int = 26  # weeks of decisions the chain ladder reads; a payer that slows lately is met by its effective age instead
    half_life: float = 26.0  # of a week of decisions in the chain ladder, so that lasting changes of process are followed
    change_weeks: int = 8  # a changed rate began at most so long ago; older changes have reached the baseline
    gap: int = 9  # the youngest week of the baseline: one more than a change may reach back
    base_half_life: float = 26.0  # of a week in the baseline: long enough for small series, forgets half a year's drift
    moved_share: float = 0.15  # of series expected to have changed before any data of the run is seen
    prior_series: float = 20.0  # series that expectation is worth against the run's own
    payer_series: float = 4.0  # and the run's against a payer's: a payer that changed shows in few series
    rounds: int = 12  # of expectation and maximisation; the shares stand still to three digits by then
    delay_variance: float = 0.0025  # of the log of g beyond counting: lets a payer's weeks differ by 5 %
    pace_weeks: float = 10.0  # of the run's own, that a payer's further differences between its weeks are drawn to
    speed_sd: float = 0.3  # of the log of a payer's speed in one week against its usual one; 40 % slower is log 1.4 = .34
    share_sd: float = 0.02  # noise of a payer's decided share beyond counting: remittances come in batches
    prior_cv2: float = 0.015  # squared CV of a series' true weekly rate where there is no data: a CV of 12 %
    one_sided: float = 0.2  # part of what a lower limit at no further denial leaves unused that the upper limit gives up
    min_history: int = 13  # weeks; with 12 the intervals still covered on simulated payers, with 10 no longer
    min_denials: int = 20  # of a payer, to know how fast it denies; below, its completion is that of other payers
