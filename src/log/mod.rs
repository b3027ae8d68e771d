//! Writes the log to standard error through a bounded queue and a thread of its own.
//!
//! A stalled reader, a full disk or a closed pipe costs lines, and nothing else: no caller
//! waits or sees an error. Lost lines are counted, and reported once lines can be written
//! again. The queue does not know the content of a line.

mod start;
mod throttle;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
pub use start::{LogFormat, start};
pub use throttle::LogThrottle;
use tracing_subscriber::fmt::MakeWriter;

/// The limit for bytes that wait for a stalled reader: some ten thousand lines.
const QUEUE_BYTES: usize = 4 << 20;
/// The interval between reports of losses while the queue never gets empty.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// The pause before a retry on a full, non-blocking pipe.
const FULL_PAUSE: Duration = Duration::from_millis(20);

/// The number of lost lines since the start. It is global, like standard error.
pub static LOST_LINES: LazyLock<Counter> = LazyLock::new(Counter::default);

/// A log with a thread that writes its lines. Clones share it.
#[derive(Clone)]
pub struct Log(Arc<LogQueue>);

struct LogQueue {
    queue: Mutex<Queue>,
    changed: Condvar,
    most_bytes: usize,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// A line has left the queue and is not written yet.
    writing: bool,
    /// The lines lost since the last report.
    lost: u64,
    reported: Option<Instant>,
    /// The thread that writes: its own report is never lost.
    writer: Option<thread::ThreadId>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log")
    }
}

impl Log {
    /// Starts the thread that writes to `out`.
    ///
    /// # Errors
    ///
    /// If the system can't create a thread.
    pub fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        Self::holding(QUEUE_BYTES, out, |lines| {
            tracing::warn!(
                event = "log_lines_lost",
                lines,
                "lost log lines: standard error was full, closed or stalled"
            );
        })
    }

    fn holding(
        most_bytes: usize,
        out: impl Write + Send + 'static,
        report: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Self> {
        let log = Self(Arc::new(LogQueue {
            queue: Mutex::default(),
            changed: Condvar::new(),
            most_bytes,
        }));
        let writing = log.clone();
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writing.write_until_the_end(out, report))?;
        Ok(log)
    }

    /// Queues one line, or several that belong together, without waiting.
    pub fn put(&self, line: &[u8]) {
        let mut queue = self.queue();
        if queue.writer == Some(thread::current().id()) {
            queue.lines.push_front(line.to_vec());
        } else if queue.bytes + line.len() > self.0.most_bytes {
            queue.lose();
            return;
        } else {
            queue.lines.push_back(line.to_vec());
        }
        queue.bytes += line.len();
        drop(queue);
        self.0.changed.notify_all();
    }

    /// Waits until every line is written, for `within` at most.
    pub fn flush(&self, within: Duration) {
        let waits = |queue: &mut Queue| queue.writing || !queue.lines.is_empty();
        let queue = self.queue();
        drop(self.0.changed.wait_timeout_while(queue, within, waits));
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_the_end(&self, out: impl Write, report: impl Fn(u64)) {
        let mut out = LineWriter {
            out,
            broken_off: false,
        };
        self.queue().writer = Some(thread::current().id());
        loop {
            let line = self.next();
            let written = out.write(&line);
            let mut queue = self.queue();
            queue.writing = false;
            queue.bytes -= line.len();
            let lost = match written {
                Ok(()) => queue.take_report(),
                Err(_) => {
                    queue.lose();
                    None
                }
            };
            drop(queue);
            if let Some(lines) = lost {
                report(lines);
            }
            self.0.changed.notify_all();
        }
    }

    fn next(&self) -> Vec<u8> {
        let mut queue = self.queue();
        loop {
            if let Some(line) = queue.lines.pop_front() {
                queue.writing = true;
                return line;
            }
            let waited = self.0.changed.wait(queue);
            queue = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Queue {
    fn lose(&mut self) {
        self.lost += 1;
        LOST_LINES.inc();
    }

    /// The number of lost lines, if a report is due. Called after a line was written.
    fn take_report(&mut self) -> Option<u64> {
        let due = |at: Instant| at.elapsed() >= REPORT_EVERY;
        let due = self.lines.is_empty() || self.reported.is_none_or(due);
        if self.lost == 0 || !due {
            return None;
        }
        self.reported = Some(Instant::now());
        Some(std::mem::take(&mut self.lost))
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Each `write` is one line: `tracing-subscriber` writes each event at once.
impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes whole lines. After a partial write, the next line starts with a line break.
struct LineWriter<W> {
    out: W,
    broken_off: bool,
}

impl<W: Write> LineWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.broken_off {
            write_all(&mut self.out, b"\n").map_err(|(_, error)| error)?;
            self.broken_off = false;
        }
        write_all(&mut self.out, line).map_err(|(written, error)| {
            self.broken_off = written > 0;
            error
        })
    }
}

/// Writes everything, even to a full non-blocking pipe. The error includes the number of bytes
/// written before it.
///
/// # Errors
///
/// The number of bytes written before it, and the error of the write that failed.
pub fn write_all(out: &mut impl Write, mut bytes: &[u8]) -> Result<(), (usize, io::Error)> {
    let all = bytes.len();
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => return Err((all - bytes.len(), io::ErrorKind::WriteZero.into())),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(FULL_PAUSE),
            Err(error) => return Err((all - bytes.len(), error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
