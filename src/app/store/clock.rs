//! Where the reader is in time. The first render knows neither their zone nor what day it is, so both sides
//! render the same; the browser says it afterwards.

use protocol::Timestamp;

/// The reader's time zone and day.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Minutes east of UTC at some time; zones change theirs with the season.
    pub offset_at: fn(Timestamp) -> i32,
    /// Days since 1970-01-01 where the reader is; unknown in the first render.
    pub today: Option<i64>,
}

impl Clock {
    /// What the first render goes by.
    pub fn utc() -> Self {
        Self { offset_at: |_| 0, today: None }
    }

    /// The day of a time where the reader is.
    pub fn day_of(&self, time: Timestamp) -> i64 {
        time.civil((self.offset_at)(time)).days
    }

    /// Whether times are shown as the reader's own.
    pub fn is_local(&self) -> bool {
        self.today.is_some()
    }
}
