//! The machine as a batch system gives it: threads, memory, temp folder. Asked at the edge, never below it.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::budget::{Budget, MINIMUM};

/// Worker threads to use when nobody says: `LOGFLOW_THREADS`, else `SLURM_CPUS_PER_TASK`, else what the
/// scheduler and cgroups allow; never more than the process's mask.
pub fn threads() -> usize {
    // Knows the mask and cgroup quotas.
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let mask = core_affinity::get_core_ids().map_or(available, |cores| cores.len().max(1));
    let wished = ["LOGFLOW_THREADS", "SLURM_CPUS_PER_TASK"].iter().find_map(|name| number(name));
    wished.unwrap_or(available).min(mask)
}

/// Whether workers may be bound to cores: not when a quota gives the process less time than its mask has
/// cores, for then the kernel must be free to choose.
pub fn may_pin(threads: usize) -> bool {
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let mask = core_affinity::get_core_ids().map_or(0, |cores| cores.len());
    available >= mask && threads <= mask
}

fn number(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.trim().parse().ok().filter(|number| *number > 0)
}

/// Asks the kernel for small pages only. The allocator's arenas would get huge ones, whole 2 MiB for a buffer
/// of 200 kB: on a log of 1M events that doubles the resident memory and gains no time that could be
/// measured. Where the kernel knows no such wish, nothing changes.
pub fn without_huge_pages() {
    #[cfg(target_os = "linux")]
    {
        #[expect(unsafe_code, reason = "the standard library has no prctl")]
        // SAFETY: this option takes plain numbers and touches no memory of ours.
        let _ = unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
    }
}

/// Asks the allocator to give memory back after 10 ms and not after a second: what workers made and the
/// merger freed would wait longer than most runs take. Of an object-centric log of 500,000 events that is 104
/// against 91 MB (JSON) and 136 against 109 MB (SQLite), for 2 to 3% of time.
pub fn give_memory_back_soon() {
    /// `purge_delay` of `mi_option_e` in mimalloc.h, the same in versions 2 and 3; the bindings have no name
    /// for it.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    if std::env::var_os("MIMALLOC_PURGE_DELAY").is_some() {
        return;
    }
    #[expect(unsafe_code, reason = "the allocator is written in C")]
    // SAFETY: sets a number before other threads are there; an option that the allocator does not know is
    // left alone.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, 10);
    }
}

/// Keeps the memory of the process from other programs of the same user and out of core files: it holds a key.
pub fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    {
        #[expect(unsafe_code, reason = "the standard library has no prctl")]
        // SAFETY: this option takes plain numbers and touches no memory of ours.
        let _ = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    }
}

/// A file that outgrows `ulimit -f` is an error of its write, as a full disk is, and no death.
pub fn outlive_file_size_limit() {
    #[expect(unsafe_code, reason = "the standard library knows no signals")]
    // SAFETY: ignoring a signal installs no code.
    let _ = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Raises the number of files that may be open at once from what shells set to what the system allows: all
/// inputs of a table are open together.
pub fn open_as_many_files_as_allowed() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    #[expect(unsafe_code, reason = "the standard library knows no limits")]
    // SAFETY: the pointer is to a live limit, and the call writes nothing else.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    if known == 0 && limit.rlim_cur < limit.rlim_max {
        limit.rlim_cur = limit.rlim_max;
        #[expect(unsafe_code, reason = "the standard library knows no limits")]
        // SAFETY: the pointer is to a live limit, which the call only reads. Where it fails the old limit
        // holds.
        let _ = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    }
}

/// Where spill files go: `SLURM_TMPDIR`, else `TMPDIR`, else `/tmp`.
pub fn temp_dir() -> PathBuf {
    match std::env::var_os("SLURM_TMPDIR").map(PathBuf::from) {
        Some(folder) if folder.is_dir() => folder,
        _ => std::env::temp_dir(),
    }
}

/// The moment, in seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 2)
}

/// Bytes of memory that the process's cgroup may hold, if it has a limit.
pub fn memory_limit() -> Option<u64> {
    let read = |path: &Path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let mut least: Option<u64> = None;
    for line in groups.lines() {
        let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            it if it.split(',').any(|it| it == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        // A limit on any group above holds as well.
        for folder in Path::new(group).ancestors() {
            let path = Path::new(root).join(folder.strip_prefix("/").unwrap_or(folder)).join(file);
            if let Some(limit) = read(&path) {
                least = Some(least.map_or(limit, |least| least.min(limit)));
            }
        }
    }
    least.filter(|limit| *limit < 1 << 50)
}

/// The limit for a run of so many threads that has none, if the usual one is more than half of what the cgroup
/// gives: a batch job that is killed for its memory says nothing about why.
pub fn cautious_memory_limit(threads: usize) -> Option<u64> {
    let half = (memory_limit()? / 2).max(MINIMUM);
    (half < Budget::usual(threads)).then_some(half)
}

/// The most memory that the process has held, in bytes; 0 where the kernel does not tell.
pub fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib * 1024)
}
