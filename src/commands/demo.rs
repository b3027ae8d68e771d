//! `demo`: runs everything on this machine.

use std::process::ExitCode;

use indicatif::ProgressBar;
use securityhub_members::demo::run::{DemoOptions, Running};
use securityhub_members::settings::Config;

use super::print::say_with_secrets;
use super::serve::stopped;

pub(super) async fn demo(config: &Config, options: DemoOptions) -> anyhow::Result<ExitCode> {
    let bar = ProgressBar::new(0);
    bar.set_style(indicatif::ProgressStyle::with_template(
        "Simulating a month {bar:30} {percent}%",
    )?);
    let progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let ready = |running: &Running| {
        bar.finish_and_clear();
        let mut lines = vec![
            format!("Open {}/ (Ctrl-C stops the demo)", running.page),
            format!("The bot listens at {}", running.bot),
            "\nTo run other commands against the demo, in another terminal:".to_owned(),
        ];
        let settings = running.settings.iter();
        lines.extend(settings.map(|(name, value)| format!("  export {name}={}", quoted(value))));
        let program = std::env::args().next();
        let program = program.unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned());
        lines.push(format!("  {program} show yesterday"));
        // The demo does not wait for a slow reader of its output.
        tokio::task::spawn_blocking(move || say_with_secrets(lines.join("\n")));
    };
    securityhub_members::demo::run::run(config, options, stopped()?, progress, ready).await?;
    Ok(ExitCode::SUCCESS)
}

/// A value for a shell, in quotes if it needs them.
fn quoted(value: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:,".contains(letter);
    match value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', r"'\''")),
    }
}
