//! For what a task was woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

/// Tells a task for what it was woken. Nearly always that is a frame to send, and then asking the socket what came in,
/// and the timer, would only fetch their memory.
pub(super) struct Bell {
    waker: Waker,
    ringer: Arc<Ringer>,
}

/// Wakes the task, and notes that it did.
struct Ringer {
    has_rung: AtomicBool,
    task: Waker,
}

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl Bell {
    /// A bell for a task. It has rung: nobody was asked yet.
    pub(super) fn new(task: &Waker) -> Self {
        let ringer = Arc::new(Ringer { has_rung: AtomicBool::new(true), task: task.clone() });
        Self { waker: Waker::from(Arc::clone(&ringer)), ringer }
    }

    /// What rings it, if it has rung since this was last asked.
    pub(super) fn answer(&mut self, task: &Waker) -> Option<&Waker> {
        if !self.ringer.task.will_wake(task) {
            *self = Self::new(task);
        }
        // Read before it is written to, which is dearer. Not too early: who rings wakes the task afterwards, and the
        // runtime passes on what was written before a wake, also to a task that is about to run anyway.
        let has_rung = self.ringer.has_rung.load(Ordering::Relaxed);
        (has_rung && self.ringer.has_rung.swap(false, Ordering::AcqRel)).then_some(&self.waker)
    }

    /// Rings it for the task that is running.
    pub(super) fn ring(&self) {
        self.ringer.has_rung.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use super::Bell;

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_is_answered_at_first_and_then_once_however_often_it_rang() {
        let task = Arc::new(Task::default());
        let own = Waker::from(Arc::clone(&task));
        let mut bell = Bell::new(&own);
        let ringer = bell.answer(&own).expect("nobody was asked yet").clone();
        assert!(bell.answer(&own).is_none(), "the task was woken for something else");
        ringer.wake_by_ref();
        ringer.wake();
        assert_eq!(task.0.load(Ordering::Relaxed), 2, "who rings wakes the task");
        assert!(bell.answer(&own).is_some());
        assert!(bell.answer(&own).is_none());
        bell.ring();
        assert_eq!(task.0.load(Ordering::Relaxed), 2, "the task that rings runs already");
        assert!(bell.answer(&own).is_some());
    }

    #[test]
    fn a_task_that_moved_is_asked_to_listen_anew() {
        let (before, after) = (Arc::new(Task::default()), Arc::new(Task::default()));
        let before = Waker::from(before);
        let mut bell = Bell::new(&before);
        bell.answer(&before).unwrap();
        let ringer =
            bell.answer(&Waker::from(Arc::clone(&after))).expect("who waits has the old waker").clone();
        ringer.wake();
        assert_eq!(after.0.load(Ordering::Relaxed), 1);
    }
}
