//! Counting: what passed and what failed, out of the output of tools.

use crate::step::Outcome;

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Checks that ran and held.
    pub(crate) passed: u64,
    /// Checks that ran and did not hold, or could not run.
    pub(crate) failed: u64,
}

impl Tally {
    /// One check that could not even run.
    pub(crate) const FAILURE: Self = Self { passed: 0, failed: 1 };

    /// Counts one step by whether it came out well.
    pub(crate) fn of_step<T>(outcome: &Outcome<T>) -> Self {
        if outcome.is_ok() { Self { passed: 1, failed: 0 } } else { Self::FAILURE }
    }

    /// Adds what another suite counted.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// The last line of `cargo xtask test`.
    pub(crate) fn line(self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed)
    }

    /// A tool that failed without a failed test, or succeeded without any test, has one failure of its own.
    fn judged(mut self, success: bool) -> Self {
        if self.failed == 0 && (!success || self.passed == 0) {
            self.failed = 1;
        }
        self
    }
}

/// Counts while `cargo test` runs.
#[derive(Debug, Default)]
pub(crate) struct CargoTest {
    tally: Tally,
    started: u64,
    finished: u64,
}

impl CargoTest {
    /// Takes in one line of either output.
    pub(crate) fn line(&mut self, line: &str) {
        // cargo indents its own words to twelve columns; a test that prints such a line is not mistaken for it.
        let runs = line.starts_with("     Running ") && line.ends_with(')');
        if runs || line.starts_with("   Doc-tests ") {
            self.started += 1;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.finished += 1;
            self.tally.passed += before(result, " passed").unwrap_or(0);
            self.tally.failed += before(result, " failed").unwrap_or(0);
        }
    }

    /// The counts, given whether cargo itself ended well. A test program that died without a result is a failure.
    pub(crate) fn finish(mut self, success: bool) -> Tally {
        self.tally.failed += self.started.saturating_sub(self.finished);
        self.tally.judged(success)
    }
}

/// Counts Playwright's JSON report, given whether Playwright itself ended well. A flaky test is a failed one.
pub(crate) fn playwright(report: &str, success: bool) -> Tally {
    let stats = report.rfind("\"stats\"").map_or("", |at| &report[at..]);
    let number = |key| after(stats, key).unwrap_or(0);
    let failed = number("\"unexpected\"") + number("\"flaky\"");
    Tally { passed: number("\"expected\""), failed }.judged(success)
}

/// The number that ends where `word` begins: `ok. 12 passed` → 12.
fn before(text: &str, word: &str) -> Option<u64> {
    let (head, _) = text.split_once(word)?;
    head.rsplit(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

/// The number after `key` and a colon.
fn after(text: &str, key: &str) -> Option<u64> {
    let (_, rest) = text.split_once(key)?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo_test(lines: &[&str], success: bool) -> Tally {
        let mut count = CargoTest::default();
        lines.iter().for_each(|line| count.line(line));
        count.finish(success)
    }

    const RUNNING: &str = "     Running unittests src/lib.rs (target/debug/deps/protocol-1a2b)";

    #[test]
    fn results_of_all_test_programs_are_summed() {
        let lines = [
            "   Compiling protocol v0.1.0",
            RUNNING,
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "     Running tests/house.rs (target/debug/deps/house-1a2b)",
            "test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
            "   Doc-tests protocol",
            "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ];
        assert_eq!(cargo_test(&lines, false), Tally { passed: 16, failed: 2 });
    }

    #[test]
    fn a_test_program_that_dies_is_a_failure() {
        let lines = [RUNNING, "test result: ok. 3 passed; 0 failed;", RUNNING, "running 4 tests"];
        assert_eq!(cargo_test(&lines, false), Tally { passed: 3, failed: 1 });
    }

    #[test]
    fn code_that_does_not_compile_is_a_failure() {
        assert_eq!(cargo_test(&["error: could not compile `backend`"], false), Tally::FAILURE);
    }

    #[test]
    fn a_run_without_any_test_is_a_failure() {
        assert_eq!(
            cargo_test(&[RUNNING, "test result: ok. 0 passed; 0 failed; 0 ignored"], true),
            Tally::FAILURE
        );
    }

    #[test]
    fn words_of_a_test_are_not_taken_for_cargo_s() {
        let lines = [
            RUNNING,
            "Running away (fast)",
            "the test result: ok. 9 passed",
            "test result: ok. 1 passed; 0 failed;",
        ];
        assert_eq!(cargo_test(&lines, true), Tally { passed: 1, failed: 0 });
    }

    #[test]
    fn playwright_s_flaky_counts_as_failed_and_skipped_not_at_all() {
        let report = r#"{ "suites": [{"title": "\"stats\""}],
            "stats": { "duration": 12.5, "expected": 21, "skipped": 3, "unexpected": 2, "flaky": 1 } }"#;
        assert_eq!(playwright(report, false), Tally { passed: 21, failed: 3 });
    }

    #[test]
    fn playwright_without_a_report_or_without_tests_is_a_failure() {
        assert_eq!(playwright("", true), Tally::FAILURE);
        assert_eq!(
            playwright(r#"{"stats": {"expected": 0, "unexpected": 0, "flaky": 0}}"#, true),
            Tally::FAILURE
        );
        let crashed = r#"{"stats": {"expected": 5, "unexpected": 0, "flaky": 0}}"#;
        assert_eq!(playwright(crashed, false), Tally { passed: 5, failed: 1 });
    }

    #[test]
    fn the_last_line_reads_as_promised() {
        let mut tally = Tally::of_step(&Ok(()));
        tally.add(Tally::of_step::<()>(&Err(String::new())));
        assert_eq!(tally.line(), "1 passed, 1 failed");
    }
}
