//! Steps that say what they do and how long it took, and children that are watched while they run.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Everything here fails with one line for a person.
pub(crate) type Outcome<T> = Result<T, String>;

/// Does `work` between a line that says what and a line that says how long.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("==> {what}");
    let started = Instant::now();
    let outcome = work();
    match &outcome {
        Ok(_) => println!("    done in {}", seconds(started.elapsed())),
        Err(reason) => println!("    FAILED after {}: {reason}", seconds(started.elapsed())),
    }
    outcome
}

/// Runs a child with our own input and output until it ends; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    let status = command.status().map_err(|error| format!("{}: {error}", name(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", name(command))) }
}

/// What a child that ends well printed, without the blanks around it.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|error| format!("{}: {error}", name(command)))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("{} ended with {}: {}", name(command), output.status, complaint.trim()))
    }
}

/// Runs a child, passes its output on line by line as it comes, and shows every line, without colours, to `on_line`.
pub(crate) fn stream(command: &mut Command, on_line: impl FnMut(&str)) -> Outcome<ExitStatus> {
    if io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    stream_to(io::stdout(), io::stderr(), command, on_line)
}

fn stream_to(
    stdout: impl Write + Send + 'static,
    stderr: impl Write + Send + 'static,
    command: &mut Command,
    mut on_line: impl FnMut(&str),
) -> Outcome<ExitStatus> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", name(command)))?;
    let (lines, received) = channel();
    let copies = [
        child.stdout.take().map(|pipe| copy(pipe, stdout, lines.clone())),
        child.stderr.take().map(|pipe| copy(pipe, stderr, lines)),
    ];
    for line in received {
        on_line(&without_colours(&line));
    }
    for copy in copies.into_iter().flatten() {
        copy.join().map_err(|_| "reading the output of a child failed".to_owned())?;
    }
    child.wait().map_err(|error| format!("{}: {error}", name(command)))
}

/// `3.2 s`, `4 min 05 s`.
pub(crate) fn seconds(time: Duration) -> String {
    if time.as_secs() < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

fn copy(
    from: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    lines: Sender<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            // A terminal that went away must not stop the counting, nor a receiver that did the output.
            let _ = to.write_all(&line).and_then(|()| to.flush());
            let _ = lines.send(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    })
}

/// Takes out `ESC [ … letter`.
fn without_colours(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|character: char| !character.is_ascii_alphabetic());
        plain.extend(rest.chars().skip(1));
    }
    plain
}

fn name(command: &Command) -> String {
    let words = command.get_args().take(2).map(|word| word.to_string_lossy().into_owned());
    let program = command.get_program().to_string_lossy().into_owned();
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out_and_nothing_else() {
        assert_eq!(
            without_colours("test result: \u{1b}[32mok\u{1b}[m. 3 passed"),
            "test result: ok. 3 passed"
        );
        assert_eq!(without_colours("\u{1b}[1m\u{1b}[32m     Running\u{1b}[0m tests"), "     Running tests");
        assert_eq!(without_colours("a [b] c"), "a [b] c");
    }

    #[test]
    fn both_outputs_of_a_child_are_seen_and_its_failure_is_told() {
        let mut seen = Vec::new();
        let mut child = Command::new("sh");
        child.args(["-c", "echo out; echo err >&2; exit 3"]);
        let status = stream_to(io::sink(), io::sink(), &mut child, |line| seen.push(line.to_owned()));
        seen.sort();
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(seen, ["err", "out"]);
    }

    #[test]
    fn a_child_that_cannot_start_is_an_error() {
        assert!(run(&mut Command::new("/no/such/program")).is_err());
        assert!(run(&mut Command::new("false")).is_err());
        assert!(output(Command::new("sh").args(["-c", "echo why >&2; exit 1"])).unwrap_err().contains("why"));
    }

    #[test]
    fn long_times_are_told_in_minutes() {
        assert_eq!(seconds(Duration::from_millis(3_240)), "3.2 s");
        assert_eq!(seconds(Duration::from_secs(245)), "4 min 05 s");
    }
}
