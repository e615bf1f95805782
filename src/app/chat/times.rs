//! Times and days in words, as the reader's clock has them. The first render knows no clock and says UTC dates.

use protocol::Timestamp;
use protocol::timestamp::DAY_MS;

use crate::app::store::Clock;
use crate::app::words;

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Hours and minutes, such as "09:05".
pub(super) fn time_of_day(time: Timestamp, clock: &Clock) -> String {
    let civil = time.civil((clock.offset_at)(time));
    let mut text = String::with_capacity(5);
    for (number, before) in [(civil.hour, ""), (civil.minute, ":")] {
        text.push_str(before);
        text.push(char::from(b'0' + number / 10));
        text.push(char::from(b'0' + number % 10));
    }
    text
}

/// What stands before the time of day: "Today at ", "Yesterday at " or the date.
pub(super) fn day_word(time: Timestamp, clock: &Clock) -> String {
    let day = clock.day_of(time);
    match clock.today {
        Some(today) if day == today => "Today at ".to_owned(),
        Some(today) if day == today - 1 => "Yesterday at ".to_owned(),
        _ => date(day) + ", ",
    }
}

/// Day and time in one phrase, for titles: "Today at 09:05".
pub(super) fn moment(time: Timestamp, clock: &Clock) -> String {
    day_word(time, clock) + &time_of_day(time, clock)
}

/// The heading of a day: "Today, 19 November", "Wednesday, 18 November", with the year unless it is this one.
pub(super) fn date_line(day: i64, clock: &Clock) -> String {
    let word = match clock.today {
        Some(today) if day == today => "Today",
        Some(today) if day == today - 1 => "Yesterday",
        _ => {
            let weekday = usize::from(start_of(day).civil(0).weekday());
            WEEKDAYS.get(weekday).copied().unwrap_or_default()
        }
    };
    let date = date(day);
    let year = |day: i64| start_of(day).civil(0).year;
    let shown = match clock.today {
        Some(today) if year(today) == year(day) => {
            date.rsplit_once(' ').map_or(date.as_str(), |(short, _)| short)
        }
        _ => &date,
    };
    [word, ", ", shown].concat()
}

fn start_of(day: i64) -> Timestamp {
    Timestamp::from_millis(day * DAY_MS)
}

fn date(day: i64) -> String {
    words::day(start_of(day))
}

#[cfg(test)]
mod tests {
    use protocol::Timestamp;

    use super::{date_line, moment};
    use crate::app::store::Clock;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn the_first_render_says_dates_in_utc() {
        let time = at("2026-11-18T16:05:00Z");
        assert_eq!(moment(time, &Clock::utc()), "18 November 2026, 16:05");
        assert_eq!(date_line(Clock::utc().day_of(time), &Clock::utc()), "Wednesday, 18 November 2026");
    }

    #[test]
    fn the_readers_clock_says_today_and_yesterday() {
        let today = Clock::utc().day_of(at("2026-11-19T00:00:00Z"));
        let clock = Clock { offset_at: |_| 120, today: Some(today) };
        assert_eq!(moment(at("2026-11-18T22:05:00Z"), &clock), "Today at 00:05");
        assert_eq!(moment(at("2026-11-18T09:00:00Z"), &clock), "Yesterday at 11:00");
        assert_eq!(date_line(today, &clock), "Today, 19 November");
        assert_eq!(date_line(today - 2, &clock), "Tuesday, 17 November");
        assert_eq!(date_line(today - 365, &clock), "Wednesday, 19 November 2025");
    }
}
