//! The findings about a service by a group of checks, and its deadline.

use std::time::Duration;

use chrono::TimeDelta;
use securityhub_members::check::Finding;

/// The time limit for each group of checks.
const DEADLINE: Duration = Duration::from_secs(25);

/// The findings about a service, and how far our clock is ahead of its clock.
pub(super) struct ServiceFindings {
    pub(super) findings: Vec<Finding>,
    pub(super) ahead: Option<TimeDelta>,
}

impl ServiceFindings {
    pub(super) fn of(findings: Vec<Finding>) -> Self {
        Self {
            findings,
            ahead: None,
        }
    }
}

/// `None` if it takes too long.
pub(super) async fn in_time<T>(look: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(DEADLINE, Box::pin(look)).await.ok()
}

/// The finding about what took too long.
pub(super) fn unanswered(topic: &str) -> Finding {
    Finding::unanswered(topic, DEADLINE.as_secs())
}
