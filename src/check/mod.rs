//! The findings of `check`, derived from the services' answers. Pure: the requests are in `slack/probe.rs`, `aws/identity.rs`,
//! `aws/securityhub.rs` and `aws/table/inspect.rs`.

mod channels;
mod clock;
mod hubs;
mod names;
mod organization;
mod render;
mod settings;
mod slack;
mod table;
mod webhook;

use serde::Serialize;

pub use channels::{KnownAccounts, conditions};
pub use clock::clock;
pub use hubs::{hub, identity, regions};
pub use names::names_file;
pub use organization::organization;
pub use render::render;
pub use settings::{
    config_file, deprecated, replaced_channels, schedules, secrets, settings, signing_secret,
};
pub use slack::{CHANNEL, channel, proxy, scopes, socket_mode, token};
pub use table::{file, schema, table};
pub use webhook::webhook;

use crate::remedies;

/// The result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Passed.
    Well,
    /// Failed: the bot does not work, or not fully, until this is fixed.
    Wrong,
    /// A warning: it could be better, or was not checked.
    Note,
}

/// The result of one check, with its subject and remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The subject, in two or three words.
    pub topic: String,
    /// The result.
    pub verdict: Verdict,
    /// The observation.
    pub detail: String,
    /// The remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// A check that passed.
    pub fn well(topic: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            topic: topic.into(),
            verdict: Verdict::Well,
            detail: detail.into(),
            remedy: None,
        }
    }

    /// A check that failed.
    pub fn wrong(
        topic: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            verdict: Verdict::Wrong,
            remedy: Some(remedy.into()),
            ..Self::well(topic, detail)
        }
    }

    /// A warning.
    pub fn note(topic: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Note,
            ..Self::well(topic, detail)
        }
    }

    /// Adds a remedy.
    #[must_use]
    pub fn advising(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }

    /// The check needs a setting that is missing or invalid.
    pub fn blocked(topic: impl Into<String>, setting: &str) -> Self {
        Self::note(topic, format!("not checked: fix {setting} first"))
    }

    /// The check exceeded its deadline.
    pub fn unanswered(topic: impl Into<String>, seconds: u64) -> Self {
        let topic = topic.into();
        let remedy = remedies::unreachable("the network");
        Self::wrong(topic, format!("no answer within {seconds} s"), remedy)
    }
}

/// All findings, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkup {
    /// True if no check failed.
    pub well: bool,
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Checkup {
    /// Sums up these findings.
    pub fn new(findings: Vec<Finding>) -> Self {
        Self {
            well: findings
                .iter()
                .all(|finding| finding.verdict != Verdict::Wrong),
            findings,
        }
    }

    fn number_of(&self, verdict: Verdict) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.verdict == verdict)
            .count()
    }
}
