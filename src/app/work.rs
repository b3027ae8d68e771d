//! The threads for work: polls, digests, answers. Slack waits three seconds for
//! an acknowledgement, and for nothing else; so requests are taken in on threads
//! that do nothing but that, whatever is parsed, compared, packed or rendered
//! meanwhile, in this program or in the AWS SDK.

use std::num::NonZeroUsize;

use tokio::runtime::{Builder, Handle, Runtime};

/// How much a thread for work yields to one that takes requests in: it gets a third
/// of the share. With the most, other programs on the machine would keep polls and
/// the stop waiting too.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

/// A runtime beside the one that takes requests in. Dropping it ends what still
/// works there.
pub struct WorkThreads {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl WorkThreads {
    /// Half of the cores, and one at least. More would use up a container's share
    /// of the CPU sooner, and then all threads stand still until it has another.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
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

    /// Where to spawn.
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

/// Lets the threads that take requests in go first. Refused, all go alike.
fn yield_to_others() {
    // Elsewhere it is about the whole process.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE);
}
