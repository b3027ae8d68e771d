//! `restart-history`: the way out of a damaged history that cannot be restored.

use std::process::ExitCode;

use securityhub_members::domain::hub::HubId;
use securityhub_members::settings::Config;
use securityhub_members::terminal::counted;
use tokio_util::sync::CancellationToken;

use super::connect::{advised, connect};
use super::import;
use super::print::say;

pub(super) async fn restart_history(config: &Config, hub: &HubId) -> anyhow::Result<ExitCode> {
    let connected = connect(config, &CancellationToken::new()).await?;
    let hub = import::hub(Some(hub), &connected.watch.hubs.list())?;
    let items = connected.store.forget(&hub).await.map_err(advised)?;
    let items = counted(items, "item");
    say(format_args!(
        "Deleted the history of {hub} ({items}). The next poll starts a new one, and the next \
         digest says so."
    ));
    Ok(ExitCode::SUCCESS)
}
