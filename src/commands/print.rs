//! The output of the commands. Neither stream can end or stall the program: a failure of
//! standard output decides the exit code, and standard error goes through the log.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd as _;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use indicatif::ProgressBar;
use securityhub_members::log::{self, Log};
use securityhub_members::masking::mask;
use securityhub_members::terminal;
use securityhub_members::text::document::Document;

/// The interval between updates of the progress.
const LOOK: Duration = Duration::from_millis(250);

/// Shows a spinner during the work, if there is a terminal.
pub(super) async fn with_spinner<T>(what: String, work: impl Future<Output = T>) -> T {
    with_progress(|| what.clone(), work).await
}

/// Shows a spinner with words that change during the work.
pub(super) async fn with_progress<T>(
    what: impl Fn() -> String,
    work: impl Future<Output = T>,
) -> T {
    let bar = ProgressBar::new_spinner().with_message(what());
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut work = pin!(work);
    loop {
        if let Ok(done) = tokio::time::timeout(LOOK, &mut work).await {
            bar.finish_and_clear();
            return done;
        }
        bar.set_message(what());
    }
}

/// Prints a document.
pub(super) fn print(document: &Document) {
    put(&terminal::render(document));
}

/// Prints a line.
pub(super) fn say(line: impl Display) {
    put(&format!("{line}\n"));
}

/// The error after which nothing is printed to standard output.
static REFUSED: OnceLock<io::Error> = OnceLock::new();

/// Prints text with its secrets masked, unless standard output has failed.
pub(crate) fn put(text: &str) {
    write(&mask(text));
}

/// Prints a line with its secrets: people copy those of the demo.
#[cfg(feature = "demo")]
pub(super) fn say_with_secrets(line: impl Display) {
    write(&format!("{line}\n"));
}

fn write(text: &str) {
    if REFUSED.get().is_some() {
        return;
    }
    let text = shown(text, &io::stdout());
    // Without the buffer of std, which cannot resume after a failed write.
    let out = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let written = out
        .and_then(|mut out| log::write_all(&mut out, text.as_bytes()).map_err(|(_, error)| error));
    if let Err(error) = written {
        let _ = REFUSED.set(error);
    }
}

/// The exit code of a command that printed: a failure if its output was lost. A reader that
/// stops early, such as `head`, is not a failure.
pub(crate) fn printed(code: ExitCode) -> ExitCode {
    match REFUSED.get() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            complain(format_args!("failed to write to standard output: {error}"));
            ExitCode::FAILURE
        }
        _ => code,
    }
}

static ERRORS: OnceLock<Log> = OnceLock::new();

/// Sends complaints through the log's queue, so that nothing waits for their reader.
pub(crate) fn complain_to(log: &Log) {
    let _ = ERRORS.set(log.clone());
}

/// Reports panics as complaints until the log starts.
pub(crate) fn complain_of_panics() {
    std::panic::set_hook(Box::new(|panic| complain(panic)));
}

/// Prints a line to standard error.
pub(crate) fn complain(line: impl Display) {
    if let Some(errors) = ERRORS.get() {
        let line = format!("{line}\n");
        errors.put(shown(&mask(&line), &io::stderr()).as_bytes());
    }
}

/// The text, with its colors if the terminal shows them.
fn shown(text: &str, place: &impl anstream::stream::RawStream) -> String {
    match AutoStream::choice(place) {
        ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_before_the_log_is_a_complaint_without_secrets() {
        let (mut reader, writer) = io::pipe().unwrap();
        let log = Log::to(writer).unwrap();
        complain_to(&log);
        let before = std::panic::take_hook();
        complain_of_panics();
        let panicked = std::panic::catch_unwind(|| panic!("refused: xoxb-1-mutter"));
        std::panic::set_hook(before);
        assert!(panicked.is_err());
        log.flush(Duration::from_secs(30));
        let mut said = [0; 1024];
        let length = io::Read::read(&mut reader, &mut said).unwrap();
        let said = String::from_utf8_lossy(&said[..length]);
        assert!(
            said.contains("print.rs:") && said.contains("refused: xoxb-…"),
            "{said}"
        );
        assert!(!said.contains("mutter"), "{said}");
    }
}
