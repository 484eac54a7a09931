//! What a process is at.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// Waits until every thread of a process sleeps and goes on sleeping, because it waits for somebody else.
pub fn wait_for_standstill(id: u32) {
    let mut before = String::new();
    let mut same = 0;
    while same < 5 {
        thread::sleep(Duration::from_millis(20));
        let now = threads(id);
        same = match now == before && now.lines().all(|thread| thread.starts_with(['S', 'Z'])) {
            true => same + 1,
            false => 0,
        };
        before = now;
    }
}

/// A line a thread: its state, and the time that it has used.
fn threads(id: u32) -> String {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task"));
    let thread = |path: PathBuf| {
        let file = |name| std::fs::read_to_string(path.join(name)).unwrap_or_default();
        let stat = file("stat");
        let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        format!(
            "{} {}",
            state.split(' ').next().unwrap_or(""),
            file("schedstat")
        )
    };
    let tasks = tasks.into_iter().flatten().flatten();
    tasks.map(|task| thread(task.path())).collect()
}
