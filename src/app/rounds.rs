//! The recurring tasks of the service that are about no single channel, and their results in the
//! log, the metrics and the open problems. The polling loop is in `polling.rs`, the loops of a
//! channel are in `channels.rs`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::domain::hub::HubId;
use crate::metrics::Metrics;
use crate::policies::rounds as policies;
use crate::problems::Problems;
use crate::remedies;
use crate::text::Locale;
use crate::watch::ports::StoreError;
use crate::watch::{FindError, PollError, Polled, Refresh, Refreshed, SharedPoll, Watch};

/// The name of the names file among the problems.
const NAMES: &str = "NAMES_FILE";

/// The name of a table that this release cannot use among the problems.
pub const TABLE: &str = "the table";

/// The parts that all loops need.
#[derive(Clone)]
pub struct Rounds {
    /// The use cases.
    pub watch: Arc<Watch>,
    /// The clock of the schedule.
    pub clock: Arc<dyn Clock>,
    /// The metrics.
    pub metrics: Metrics,
    /// The open problems.
    pub problems: Problems,
}

impl Rounds {
    /// Records where the first digest of a new channel begins, as soon as the table can be written.
    pub async fn begin_until(&self, stop: &CancellationToken) {
        let mut retry = policies::DIGEST.backoff();
        let begin = async {
            while let Err(error) = self.watch.deliveries.begin().await {
                tracing::warn!(event = "channels_not_begun", %error, "failed to record where new channels begin; retrying");
                self.clock
                    .sleep_until(self.clock.now() + retry.pause())
                    .await;
            }
        };
        stop.run_until_cancelled(begin).await;
    }
}

/// Checks whether a newer release has taken over the table.
pub(super) async fn check_schema(watch: &Watch, problems: &Problems) {
    match watch.schema.probe().await {
        Err(error @ StoreError::Schema { .. }) => {
            if problems.raise(TABLE, error.to_string()) {
                tracing::error!(event = "table_newer", %error, "stopping work: a newer release uses the table");
            }
        }
        Ok(()) => {
            problems.resolve(TABLE);
        }
        // The next user of the table logs its fault.
        Err(_) => {}
    }
}

/// Finds the hubs, and reports administrators whose Regions could not be listed.
pub async fn find_once(watch: &Watch, problems: &Problems) {
    let before = watch.hubs.list();
    for (admin, outcome) in watch.find_hubs().await {
        let what = format!("the Regions of {admin}");
        match outcome {
            Ok(()) if problems.resolve(&what) => {
                tracing::info!(event = "regions_recovered", %admin, "listing Regions recovered")
            }
            Ok(()) => {}
            Err(error) => {
                let problem = match &error {
                    FindError::Regions(error) => {
                        Locale::En.words().unlisted_reason(error.reason).to_owned()
                    }
                    FindError::Store(error) => error.public(),
                };
                if problems.raise(&what, format!("not listed: {problem}")) {
                    tracing::warn!(event = "regions_failed", %admin, %error, "failed to list Regions; keeping the known ones");
                } else {
                    tracing::info!(event = "regions_failed", %admin, %error, "still failing to list Regions");
                }
            }
        }
    }
    let now = watch.hubs.list();
    for hub in now.iter().filter(|hub| !before.contains(hub)) {
        tracing::info!(event = "hub_added", %hub, "monitoring a new member list");
    }
    for hub in before.iter().filter(|hub| !now.contains(hub)) {
        problems.resolve(&hub.to_string());
        problems.resolve(&format!("the history of {hub}"));
        tracing::info!(event = "hub_dropped", %hub, "stopped monitoring a member list");
    }
}

/// Reads the names file if it has changed. The file's reader logs its faults itself.
pub async fn name_once(watch: &Watch, problems: &Problems) {
    watch.directory.get().await;
    match watch.directory.names_problem() {
        Some(problem) => problems.raise(NAMES, format!("{problem}: the last good names stay")),
        None => problems.resolve(NAMES),
    };
}

/// Polls every hub once, and reports the outcomes.
pub async fn poll_once(watch: &Arc<Watch>, problems: &Problems) {
    for (hub, result) in watch.poller.poll_all().await {
        ended(&hub, &result, problems);
    }
}

/// Reports how the poll of a hub ended.
pub(super) fn ended(hub: &HubId, result: &SharedPoll, problems: &Problems) {
    match result.as_ref() {
        Ok(polled) => read(hub, polled, problems),
        Err(error) => not_read(hub, error, problems),
    }
}

/// Checks that the stored history is complete, and reports damage.
pub(super) async fn audit_once(watch: &Watch, problems: &Problems) {
    for (hub, audited) in watch.audit.run().await {
        let what = format!("the history of {hub}");
        match audited {
            Ok(()) => {
                if problems.resolve(&what) {
                    tracing::info!(event = "table_whole", %hub, "stored history is repaired");
                }
            }
            Err(error) => {
                if problems.raise(&what, format!("{error}: {}", remedies::DAMAGED)) {
                    tracing::error!(event = "table_damaged", %hub, %error, "found damage in the stored history");
                }
            }
        }
    }
}

/// Reads the organization if due, and logs the result. The organization is optional, so a failure
/// is not an open problem.
pub async fn refresh_once(watch: &Watch, refresh: Refresh) {
    match watch.directory.refresh(refresh).await {
        Ok(Refreshed::NotDue) => {}
        Ok(Refreshed::Read(accounts)) => tracing::info!(
            event = "organization_read",
            accounts,
            "read the organization"
        ),
        Ok(Refreshed::Doubted(doubt)) => {
            let (before, now) = (doubt.before, doubt.now);
            tracing::warn!(
                event = "organization_doubted",
                before,
                now,
                "doubting the organization's accounts until a later poll confirms them"
            );
        }
        Ok(Refreshed::Failed(error)) => {
            let detail = &error.detail;
            tracing::warn!(
                event = "organization_failed",
                detail,
                "failed to read the organization; keeping the known data"
            );
        }
        Err(error) => {
            tracing::warn!(event = "organization_failed", %error, "failed to store the organization")
        }
    }
}

fn read(hub: &HubId, polled: &Polled, problems: &Problems) {
    let members = polled.head.day.as_ref().map_or(0, |day| day.counts.total());
    let changes = polled.changes.len();
    tracing::info!(event = "hub_polled", %hub, members, changes, first = polled.first, "polled a member list");
    if problems.resolve(&hub.to_string()) {
        tracing::info!(event = "hub_recovered", %hub, "polling recovered");
    }
}

/// A failing hub is a warning at first and when the reason changes. Every further poll writes one
/// more line, because alarms count these.
fn not_read(hub: &HubId, error: &PollError, problems: &Problems) {
    if let PollError::NotEnabled(error) = error {
        problems.resolve(&hub.to_string());
        let detail = &error.detail;
        tracing::debug!(%hub, detail, "skipping a Region: Security Hub is not enabled");
        return;
    }
    match error {
        PollError::Doubted { doubt, .. } => {
            let words = Locale::En.words();
            let (before, now) = (doubt.before, doubt.now);
            let problem = format!(
                "list doubted: {before} → {now} members, {}",
                words.until_confirmed()
            );
            if problems.raise(&hub.to_string(), problem) {
                tracing::warn!(event = "list_doubted", %hub, before, now, "doubting a member list until a later poll confirms it");
            } else {
                tracing::info!(event = "list_doubted", %hub, before, now, "still doubting a member list");
            }
        }
        PollError::List(error) => {
            let reason = Locale::En.words().unread_reason(error.reason);
            let is_news = problems.raise(&hub.to_string(), format!("not read: {reason}"));
            let detail = &error.detail;
            if is_news {
                tracing::warn!(event = "hub_poll_failed", %hub, reason, detail, "failed to read a member list");
            } else {
                tracing::info!(event = "hub_poll_failed", %hub, reason, detail, "still failing to read a member list");
            }
        }
        error => {
            let problem = match error {
                PollError::Store(error) if error.is_damage() => {
                    format!("{error}: {}", remedies::DAMAGED)
                }
                PollError::Store(error) => error.public(),
                error => error.to_string(),
            };
            if problems.raise(&hub.to_string(), format!("not polled: {problem}")) {
                tracing::error!(event = "hub_poll_failed", %hub, %error, "failed to poll a member list");
            } else {
                tracing::info!(event = "hub_poll_failed", %hub, %error, "still failing to poll a member list");
            }
        }
    }
}
