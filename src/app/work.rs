//! The threads for polls, digests and answers. Slack waits three seconds for an acknowledgement,
//! so requests have threads of their own: no parsing, compression or rendering, here or in the
//! AWS SDK, can delay an acknowledgement.

use std::num::NonZeroUsize;

use tokio::runtime::{Builder, Handle, Runtime};

/// The `nice` value of these threads, which gives them a third of the CPU share of a thread for
/// requests. With the lowest priority, other programs on the machine would delay polls and the
/// shutdown.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

/// A second runtime, next to the one for requests. Dropping it cancels its tasks.
pub struct WorkThreads {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl WorkThreads {
    /// Starts half as many threads as there are cores, at least one. More threads would use up a
    /// container's CPU quota sooner, and throttling stops all threads.
    ///
    /// # Errors
    ///
    /// If the system can't create threads.
    pub fn start() -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let runtime = Builder::new_multi_thread()
            .worker_threads((cores / 2).max(1))
            .thread_name("work")
            .on_thread_start(yield_to_others)
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    /// Spawns tasks on these threads.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for WorkThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lowers the priority of this thread. On failure, all threads keep the same priority.
fn yield_to_others() {
    // On other systems, `nice` changes the whole process.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
}
