//! medians, spreads, and when a runtime counts as slower.

/// The median; of an even number, the mean of the two in the middle. NaN of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

/// The least and the greatest.
pub fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, greatest)
}

/// Where the true median lies, as far as these values tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    /// How sure that is: 0.95 or more, or what the whole range gives when there are fewer than six.
    pub confidence: f64,
}

/// The error bar: the narrowest pair of order statistics that encloses the true median in at least
/// 95 of 100 cases. `None` of nothing.
///
/// Each value is above the true median or below it with the same chance, so how many of `n` are
/// below is a matter of tossing coins, whatever the values' distribution: the k-th from both ends
/// enclose it but for twice the chance of fewer than k heads. Nothing is assumed of the noise, and
/// five rounds give their range and say that it is worth 93.75 %. (A bootstrap of so few values
/// draws the same ones again and again: its interval is too narrow, and does not say so.)
pub fn interval(values: &[f64]) -> Option<Interval> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let (mut chance, mut missed) = (0.5_f64.powi(n as i32), 0.0);
    let mut best = None;
    for k in 0..n.div_ceil(2) {
        missed += 2.0 * chance;
        let confidence = 1.0 - missed;
        if k > 0 && confidence < 0.95 {
            break;
        }
        let confidence = confidence.max(0.0);
        best = Some(Interval { low: sorted[k], high: sorted[n - 1 - k], confidence });
        chance *= (n - k) as f64 / (k + 1) as f64;
    }
    best
}

/// What one is to another, round by round.
pub fn ratios(these: &[f64], those: &[f64]) -> Vec<f64> {
    these.iter().zip(those).map(|(this, that)| this / that).collect()
}

/// The most of `n` that happen with at least one chance in a hundred, each with chance `p`.
pub fn most_by_chance(n: usize, p: f64) -> usize {
    let (mut chance, mut so_far, mut k) = ((1.0 - p).powi(n as i32), 0.0, 0);
    loop {
        so_far += chance;
        if so_far >= 0.99 || k >= n {
            return k;
        }
        chance *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
        k += 1;
    }
}

pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// One runtime against another over the same rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The median of the one, divided by the median of the other.
    pub of_medians: f64,
    /// The least and the greatest ratio within a round.
    pub spread: (f64, f64),
}

impl Ratio {
    pub fn of(these: &[f64], those: &[f64]) -> Self {
        let spread = range(&ratios(these, those));
        Self { of_medians: median(these) / median(those), spread }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// More than 5 % below.
    Faster,
    /// Within 5 %.
    Even,
    /// More than 5 % above, but no more than a runtime differs from itself.
    WithinNoise,
    /// More than 5 % above, and more than a runtime differs from itself.
    Slower,
}

/// How a runtime stands, given what the same build measured against itself (`noise`) in the same
/// rounds.
pub fn standing(ratio: Ratio, noise: Option<Ratio>) -> Standing {
    let above = noise.map_or(1.0, |noise| noise.spread.1.max(1.0 / noise.spread.0));
    match ratio.of_medians {
        r if r < 0.95 => Standing::Faster,
        r if r <= 1.05 => Standing::Even,
        r if r <= above => Standing::WithinNoise,
        _ => Standing::Slower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn a_ratio_is_of_medians_and_its_spread_of_rounds() {
        let ratio = Ratio::of(&[1.0, 3.0, 2.0], &[2.0, 2.0, 2.0]);
        assert_eq!(ratio, Ratio { of_medians: 1.0, spread: (0.5, 1.5) });
    }

    #[test]
    fn an_error_bar_leaves_out_as_many_at_both_ends_as_the_coins_allow() {
        let of = |n: usize| interval(&(1..=n).map(|v| v as f64).collect::<Vec<_>>()).unwrap();
        assert_eq!(of(1), Interval { low: 1.0, high: 1.0, confidence: 0.0 });
        assert_eq!(of(5), Interval { low: 1.0, high: 5.0, confidence: 0.9375 });
        assert_eq!(of(9), Interval { low: 2.0, high: 8.0, confidence: 1.0 - 20.0 / 512.0 });
        // The table of the binomial test has 6 and 15 for twenty.
        assert_eq!((of(20).low, of(20).high), (6.0, 15.0));
        assert!(interval(&[]).is_none());
    }

    #[test]
    fn chance_puts_some_outside() {
        assert_eq!(most_by_chance(100, 0.05), 11);
        assert_eq!(most_by_chance(1, 0.0625), 1);
        assert_eq!(most_by_chance(0, 0.05), 0);
    }

    #[test]
    fn slower_means_five_percent_above_and_outside_the_noise() {
        let ratio = |r| Ratio { of_medians: r, spread: (r, r) };
        let noise = |low, high| Some(Ratio { of_medians: 1.0, spread: (low, high) });
        assert_eq!(standing(ratio(0.9), None), Standing::Faster);
        assert_eq!(standing(ratio(1.04), None), Standing::Even);
        assert_eq!(standing(ratio(1.1), noise(0.99, 1.02)), Standing::Slower);
        assert_eq!(standing(ratio(1.1), noise(0.8, 1.02)), Standing::WithinNoise);
        assert_eq!(standing(ratio(1.1), noise(1.0, 1.2)), Standing::WithinNoise);
    }

    #[test]
    fn the_geometric_mean_of_a_number_and_its_inverse_is_one() {
        assert!((geometric_mean(&[4.0, 0.25]) - 1.0).abs() < 1e-12);
    }
}
