//! What was measured: rows with a bar, whether it is met, and the page they are written to.

use std::fmt::Write as _;

use crate::machine::Machine;
use crate::stats::Spread;

/// What a figure has to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bar {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

/// One figure.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    name: String,
    unit: &'static str,
    digits: usize,
    spread: Spread,
    bar: Option<Bar>,
}

impl Row {
    /// A figure measured several times, with so many digits after the point.
    pub(crate) fn new(name: impl Into<String>, unit: &'static str, digits: usize, values: &[f64]) -> Self {
        Self { name: name.into(), unit, digits, spread: Spread::of(values), bar: None }
    }

    /// It must not be more.
    pub(crate) fn at_most(mut self, bar: f64) -> Self {
        self.bar = Some(Bar::AtMost(bar));
        self
    }

    /// It must not be less.
    pub(crate) fn at_least(mut self, bar: f64) -> Self {
        self.bar = Some(Bar::AtLeast(bar));
        self
    }

    /// Whether the median reaches the bar; none without a bar.
    pub(crate) fn is_met(&self) -> Option<bool> {
        Some(match self.bar? {
            // Nothing measured reaches nothing.
            _ if self.spread.runs == 0 => false,
            Bar::AtMost(bar) => self.spread.median <= bar,
            Bar::AtLeast(bar) => self.spread.median >= bar,
        })
    }

    fn number(&self, value: f64) -> String {
        grouped(&format!("{value:.*}", self.digits))
    }

    fn measured(&self) -> String {
        let Spread { median, min, max, runs } = self.spread;
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        match runs {
            0 => "nothing".to_owned(),
            1 => format!("{}{unit}", self.number(median)),
            _ => format!("{}{unit} ({}–{})", self.number(median), self.number(min), self.number(max)),
        }
    }

    fn wanted(&self) -> String {
        match self.bar {
            None => "–".to_owned(),
            Some(Bar::AtMost(bar)) => format!("≤ {}", self.number(bar)),
            Some(Bar::AtLeast(bar)) => format!("≥ {}", self.number(bar)),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.is_met() {
            None => "–",
            Some(true) => "met",
            Some(false) => "**missed**",
        }
    }
}

/// `12345.6` → `12,345.6`.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut text = sign.to_owned();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// One scenario's part of the report.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    /// Its heading.
    pub(crate) title: &'static str,
    /// How the figures were come by.
    pub(crate) how: String,
    /// The figures.
    pub(crate) rows: Vec<Row>,
}

/// Everything.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// `full` or `quick`.
    pub(crate) mode: &'static str,
    /// How server and generator shared the machine, what disturbed.
    pub(crate) notes: Vec<String>,
    pub(crate) sections: Vec<Section>,
}

impl Report {
    /// Figures with a bar, and how many of them reach it.
    pub(crate) fn score(&self) -> (usize, usize) {
        let verdicts: Vec<bool> =
            self.sections.iter().flat_map(|section| &section.rows).filter_map(Row::is_met).collect();
        (verdicts.len(), verdicts.iter().filter(|met| **met).count())
    }

    /// The table for a terminal.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            let _ = writeln!(text, "{}", section.title);
            for row in &section.rows {
                let verdict = row.verdict().trim_matches('*');
                let _ = writeln!(
                    text,
                    "  {:<68} {:<34} {:<10} {verdict}",
                    row.name,
                    row.measured(),
                    row.wanted()
                );
            }
        }
        text
    }

    /// The page in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let Machine { cores, cpu, memory_gib, kernel, file_system, date, commit } = &self.machine;
        let (bars, met) = self.score();
        let mut text = format!(
            "# Benchmarks\n\n\
             Written by `cargo xtask bench` ({mode}) on {date} at commit `{commit}`; do not edit by hand. \
             {met} of {bars} bars are met.\n\n\
             Machine: {cores} cores of {cpu}, {memory_gib:.0} GiB, Linux {kernel}, database on {file_system}.\n\
             The server is the release binary with its default settings on SQLite, but for the limits against abuse,\n\
             which are raised out of the way. It writes its access log to a file, as it would in service.\n\
             A figure is the median of several runs, with the least and the most of them behind it.\n",
            mode = self.mode,
        );
        for note in &self.notes {
            let _ = writeln!(text, "{note}");
        }
        for section in &self.sections {
            let _ = write!(text, "\n## {}\n\n{}\n\n", section.title, section.how);
            text.push_str("| what | measured | bar | |\n|---|---|---|---|\n");
            for row in &section.rows {
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} |",
                    row.name,
                    row.measured(),
                    row.wanted(),
                    row.verdict()
                );
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, grouped};

    #[test]
    fn the_median_decides_whether_a_bar_is_met() {
        let row = |values: &[f64]| Row::new("x", "ms", 1, values);
        assert_eq!(row(&[9.0, 10.0, 99.0]).at_most(10.0).is_met(), Some(true));
        assert_eq!(row(&[9.0, 10.1, 99.0]).at_most(10.0).is_met(), Some(false));
        assert_eq!(row(&[500.0]).at_least(500.0).is_met(), Some(true));
        assert_eq!(row(&[499.0]).at_least(500.0).is_met(), Some(false));
        assert_eq!(row(&[1.0]).is_met(), None);
        assert_eq!(row(&[]).at_most(10.0).is_met(), Some(false), "nothing measured is not a success");
    }

    #[test]
    fn a_row_says_median_and_spread() {
        let row = Row::new("x", "µs", 1, &[3.0, 2.25, 4000.0]).at_most(10.0);
        assert_eq!(row.measured(), "3.0 µs (2.2–4,000.0)");
        assert_eq!(row.wanted(), "≤ 10.0");
        assert_eq!(Row::new("x", "", 0, &[0.0]).measured(), "0");
    }

    #[test]
    fn digits_are_grouped_in_threes() {
        for (plain, wanted) in
            [("1", "1"), ("999", "999"), ("1000", "1,000"), ("1234567.5", "1,234,567.5"), ("-1000", "-1,000")]
        {
            assert_eq!(grouped(plain), wanted);
        }
    }
}
