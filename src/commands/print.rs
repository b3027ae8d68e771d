//! What the commands show in a terminal.

use std::pin::pin;
use std::time::Duration;

use indicatif::ProgressBar;
use securityhub_members::terminal;
use securityhub_members::text::document::Document;

/// How often it is looked how far the work is.
const LOOK: Duration = Duration::from_millis(250);

/// Shows that something goes on, where a terminal is there to show it.
pub(super) async fn with_spinner<T>(what: String, work: impl Future<Output = T>) -> T {
    with_progress(|| what.clone(), work).await
}

/// The same, with words that tell how far it is.
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
    anstream::print!("{}", terminal::render(document));
}
