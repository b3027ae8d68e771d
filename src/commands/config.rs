//! `config`: prints the settings in effect as a configuration file. It needs no network.

use std::process::ExitCode;

use securityhub_members::settings::{InvalidSettings, Settings};

use super::print::put;

/// Prints valid settings and invalid ones; an error says which are invalid.
pub(super) fn config(
    settings: &Settings,
    invalid: Option<InvalidSettings>,
) -> anyhow::Result<ExitCode> {
    put(&settings.to_toml());
    match invalid {
        None => Ok(ExitCode::SUCCESS),
        Some(invalid) => Err(invalid.into()),
    }
}
