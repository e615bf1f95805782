//! Times and what is said about many of them: exact percentiles, and the spread over several runs.

use std::time::Duration;

/// Durations in microseconds, all kept: a run has a few hundred thousand, and exact is simpler than a histogram.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<u32>);

impl Samples {
    /// Adds one; more than an hour counts as an hour.
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The smallest value that at least `percent` of all values do not exceed, in milliseconds; 0 without values.
    pub(crate) fn percentile_ms(&mut self, percent: f64) -> f64 {
        self.0.sort_unstable();
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.max(1) - 1).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    }
}

/// What several runs said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// The middle one; of an even number the mean of the two in the middle.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) min: f64,
    /// The largest.
    pub(crate) max: f64,
    /// How many.
    pub(crate) runs: usize,
}

impl Spread {
    /// Of the runs' values; all zero without any.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let half = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.max(1) - 1), at(half)) };
        Self { median, min: at(0), max: at(sorted.len().max(1) - 1), runs: sorted.len() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Samples, Spread};

    fn samples(millis: impl IntoIterator<Item = u64>) -> Samples {
        let mut samples = Samples::default();
        millis.into_iter().for_each(|ms| samples.add(Duration::from_millis(ms)));
        samples
    }

    #[test]
    fn a_percentile_is_the_value_that_so_many_do_not_exceed() {
        let mut hundred = samples((1..=100).rev());
        assert_eq!(hundred.percentile_ms(50.0), 50.0);
        assert_eq!(hundred.percentile_ms(99.0), 99.0);
        assert_eq!(hundred.percentile_ms(100.0), 100.0);
        assert_eq!(hundred.percentile_ms(0.0), 1.0);
        let mut three = samples([10, 20, 30]);
        assert_eq!((three.percentile_ms(50.0), three.percentile_ms(99.0)), (20.0, 30.0));
    }

    #[test]
    fn one_slow_value_in_a_hundred_is_beyond_the_99th_percentile_and_two_are_not() {
        let mut one = samples((0..99).map(|_| 1).chain([1000]));
        assert_eq!(one.percentile_ms(99.0), 1.0);
        let mut two = samples((0..98).map(|_| 1).chain([1000, 1000]));
        assert_eq!(two.percentile_ms(99.0), 1000.0);
    }

    #[test]
    fn nothing_measured_is_nothing() {
        assert_eq!(Samples::default().percentile_ms(99.0), 0.0);
        assert_eq!(Spread::of(&[]), Spread { median: 0.0, min: 0.0, max: 0.0, runs: 0 });
    }

    #[test]
    fn a_spread_is_median_least_and_most() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0, runs: 3 });
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]).median, 2.5);
        assert_eq!(Spread::of(&[7.0]), Spread { median: 7.0, min: 7.0, max: 7.0, runs: 1 });
    }
}
