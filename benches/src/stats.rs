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
        let rounds: Vec<f64> = these.iter().zip(those).map(|(this, that)| this / that).collect();
        Self { of_medians: median(these) / median(those), spread: range(&rounds) }
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
