//! Starts the log: selects the events, the format, and logs panics. Every line is masked.
//! `Log` writes the lines.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal as _;

use tracing::{Dispatch, Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::Log;
use crate::masking::Masking;

/// The format of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Starts the log of the process. `level` applies if `RUST_LOG` is not set.
pub fn start(log: &Log, format: LogFormat, level: &str) {
    lines(log, format, level).init();
    log_panics();
}

fn lines(log: &Log, format: LogFormat, level: &str) -> Dispatch {
    // An empty variable counts as not set.
    let wanted = std::env::var("RUST_LOG").unwrap_or_default();
    let filter = EnvFilter::try_new(&wanted).ok();
    let filter = filter.filter(|_| !wanted.trim().is_empty());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Masking::new(log.clone()))
        // They would use `eprintln`, which panics if standard error fails.
        .log_internal_errors(false)
        // Escape codes for colors are only useful in a terminal.
        .with_ansi(std::io::stderr().is_terminal());
    let discreet = filter_fn(is_discreet);
    match format {
        LogFormat::Text => log.finish().with(discreet).into(),
        LogFormat::Json => {
            let log = log.json().flatten_event(true);
            log.finish().with(discreet).into()
        }
    }
}

/// Logs panics. The default hook writes to standard error directly and would wait for its reader.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
        let backtrace = backtrace.map(tracing::field::display);
        let place = panic.location().map(tracing::field::display);
        let problem = panic.payload_as_str().unwrap_or_default();
        tracing::error!(event = "panicked", place, problem, backtrace, "panicked");
    }));
}

/// Excludes the libraries' finer levels at any `RUST_LOG`: they show bodies, addresses and
/// headers.
fn is_discreet(metadata: &Metadata<'_>) -> bool {
    // The SDK's message about a denied role names the person who signed in.
    let names_people = metadata.target() == "aws_config::sts::assume_role";
    (*metadata.level() <= Level::INFO && !names_people)
        || metadata.target().starts_with("securityhub_members")
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_a_line_of_the_log_and_its_secrets_are_masked() {
        for (format, said) in [
            (LogFormat::Text, "panicked"),
            (LogFormat::Json, r#""message":"panicked""#),
        ] {
            let written = Buffer::default();
            let log = Log::to(written.clone()).unwrap();
            let before = std::panic::take_hook();
            log_panics();
            let panicked = tracing::dispatcher::with_default(&lines(&log, format, "error"), || {
                std::panic::catch_unwind(|| panic!("refused: \"xoxb-1-mutter\""))
            });
            std::panic::set_hook(before);
            assert!(panicked.is_err());
            log.flush(Duration::from_secs(30));
            let line = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
            assert!(line.contains(said) && line.contains("xoxb-…"), "{line}");
            assert!(line.contains("start.rs:"), "{line}");
            assert!(!line.contains("mutter"), "{line}");
        }
    }
}
