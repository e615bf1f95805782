//! What Linux knows about a process and about the machine, read from `/proc`.

use std::fs;

use crate::Outcome;

/// Kernel ticks in a second: `USER_HZ`, 100 on every Linux that counts.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time a process has used in user and kernel mode, in seconds. Steps of 10 ms.
pub(crate) fn cpu_seconds(pid: u32) -> Outcome<f64> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    Ok(ticks_of_process(&stat, 2).ok_or("unreadable /proc/PID/stat")? as f64 / TICKS_PER_SECOND)
}

/// The same together with all children it has waited for.
pub(crate) fn cpu_seconds_with_children(pid: u32) -> Outcome<f64> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    Ok(ticks_of_process(&stat, 4).ok_or("unreadable /proc/PID/stat")? as f64 / TICKS_PER_SECOND)
}

/// Processor time everything on the machine has used together, in seconds.
pub(crate) fn machine_cpu_seconds() -> Outcome<f64> {
    let stat = read("/proc/stat")?;
    Ok(busy_ticks(&stat).ok_or("unreadable /proc/stat")? as f64 / TICKS_PER_SECOND)
}

/// Memory of a process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Memory {
    /// Resident, in KiB.
    pub(crate) rss_kib: f64,
    /// The same with shared pages divided among those who share them.
    pub(crate) pss_kib: f64,
}

/// Memory a process holds now.
pub(crate) fn memory(pid: u32) -> Outcome<Memory> {
    let rollup = read(&format!("/proc/{pid}/smaps_rollup"))?;
    let kib = |name| kib_of(&rollup, name).ok_or("unreadable smaps_rollup");
    Ok(Memory { rss_kib: kib("Rss:")?, pss_kib: kib("Pss:")? })
}

/// The first value of a key in a `key : value` file such as `/proc/cpuinfo`.
pub(crate) fn value(path: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned())
}

/// The kind of file system a path is on, such as `ext4`.
pub(crate) fn file_system(path: &std::path::Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    mounted_at(&fs::read_to_string("/proc/mounts").ok()?, &path)
}

fn read(path: &str) -> Outcome<String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error} (the measurements need Linux)").into())
}

/// User and kernel time (fields 14 and 15), then the children's (16 and 17), counted from behind the program's name,
/// which may hold anything.
fn ticks_of_process(stat: &str, fields: usize) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: Vec<u64> =
        rest.split_whitespace().skip(11).take(fields).map_while(|field| field.parse().ok()).collect();
    (ticks.len() == fields).then(|| ticks.iter().sum())
}

/// Everything but idle and waiting for the disk; the guests' time is in the user's already.
fn busy_ticks(stat: &str) -> Option<u64> {
    let all: Vec<u64> =
        stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().map_while(|n| n.parse().ok()).collect();
    let idle = all.get(3)? + all.get(4)?;
    Some(all.iter().take(8).sum::<u64>() - idle)
}

fn kib_of(rollup: &str, name: &str) -> Option<f64> {
    rollup.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn mounted_at(mounts: &str, path: &std::path::Path) -> Option<String> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(1);
        let (Some(place), Some(kind)) = (fields.next(), fields.next()) else { continue };
        // A later mount on the same place hides the earlier one.
        if path.starts_with(place) && best.is_none_or(|(length, _)| place.len() >= length) {
            best = Some((place.len(), kind));
        }
    }
    best.map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{busy_ticks, cpu_seconds, kib_of, memory, mounted_at, ticks_of_process};

    #[test]
    fn a_process_s_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 9 9 20 0 4 0 1 2 3";
        assert_eq!(ticks_of_process(stat, 2), Some(300));
        assert_eq!(ticks_of_process(stat, 4), Some(318));
        assert_eq!(ticks_of_process("7 (a) S 1 2 3", 2), None);
    }

    #[test]
    fn idle_time_and_guests_are_not_counted_as_work() {
        assert_eq!(busy_ticks("cpu  10 1 5 1000 200 2 3 4 9 9\ncpu0 1 1\n"), Some(25));
    }

    #[test]
    fn memory_is_read_in_kib() {
        let rollup = "55-7f [rollup]\nRss:               20480 kB\nPss:  19000 kB\nPss_Anon: 1 kB\n";
        assert_eq!((kib_of(rollup, "Rss:"), kib_of(rollup, "Pss:")), (Some(20_480.0), Some(19_000.0)));
    }

    #[test]
    fn the_nearest_mount_counts() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/real xfs rw 0 0\n";
        let at = |path| mounted_at(mounts, Path::new(path)).unwrap();
        assert_eq!((&*at("/home/x"), &*at("/tmp/x"), &*at("/tmp/real/x")), ("ext4", "tmpfs", "xfs"));
        assert_eq!(at("/tmpfoo"), "ext4");
    }

    #[test]
    fn this_very_process_has_time_and_memory() {
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
        assert!(memory(std::process::id()).unwrap().rss_kib > 100.0);
    }
}
