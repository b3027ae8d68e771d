//! What the commands show in a terminal.

use std::time::Duration;

use indicatif::ProgressBar;
use securityhub_members::terminal;
use securityhub_members::text::document::Document;

/// Shows that something goes on, where a terminal is there to show it.
pub(super) async fn with_spinner<T>(what: String, work: impl Future<Output = T>) -> T {
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(120));
    let done = work.await;
    bar.finish_and_clear();
    done
}

/// Prints a document.
pub(super) fn print(document: &Document) {
    anstream::print!("{}", terminal::render(document));
}
