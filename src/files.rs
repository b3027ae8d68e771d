//! The limit for open files, and so for connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The process never needs more.
const ENOUGH: u64 = 65_536;

/// Raises the limit as far as allowed, and returns it.
pub fn raise_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            maximum: limit.maximum,
        };
        // Some systems refuse this. The limit then stays the same.
        let _ = setrlimit(Resource::Nofile, raised);
    }
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(ENOUGH);
    usize::try_from(limit).unwrap_or(usize::MAX)
}
