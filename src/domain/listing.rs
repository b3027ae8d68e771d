//! How often a digest lists the accounts that aren't Enabled.

use std::str::FromStr;

use super::digest::Digest;

/// The digests that list all accounts that aren't Enabled in their thread: the setting
/// `NOT_ENABLED`. Open cases and the counts are in every digest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NotEnabledListing {
    /// All.
    #[default]
    Daily,
    /// The first one of an ISO week.
    Weekly,
    /// Those since whose predecessor an account has changed.
    Changes,
}

impl NotEnabledListing {
    /// Reports whether this digest lists them. The first one of a channel always does.
    pub fn is_due(self, digest: &Digest) -> bool {
        let is_due = match self {
            Self::Daily => true,
            Self::Weekly => digest.is_first_of_week,
            Self::Changes => has_changed(digest),
        };
        let is_first = digest.since.is_none() || digest.is_joining || digest.is_rescoped;
        is_due || is_first
    }
}

/// Reports whether an account changed, or people's decisions changed the counts.
fn has_changed(digest: &Digest) -> bool {
    let now = digest.cases.counts(&digest.report, digest.until);
    let is_as_before = digest.cases.before.is_some_and(|before| {
        before.not_enabled == now.not_enabled && before.resigned == now.resigned
    });
    // What can't be seen may have changed.
    let is_whole = digest.report.is_checked() && !digest.audience.scope.selects_events();
    !digest.report.changes.is_empty() || !is_as_before || !is_whole
}

impl FromStr for NotEnabledListing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "daily" => Ok(Self::Daily),
            "weekly" => Ok(Self::Weekly),
            "changes" => Ok(Self::Changes),
            _ => Err(format!("{text:?} must be daily, weekly or changes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::ChangeKind;
    use crate::domain::digest::{Covered, DigestCases, KnownCounts, PastWeek};
    use crate::domain::report::{ChangeGroup, Report};
    use crate::domain::scope::Audience;

    fn report(changes: Vec<ChangeGroup>) -> Report {
        Report {
            changes,
            ..Report::new(Vec::new(), "2026-11-20".parse().unwrap(), chrono_tz::UTC)
        }
    }

    /// A quiet digest on a Friday after another one.
    fn quiet() -> Digest {
        let until = "2026-11-20T09:00:00Z".parse().unwrap();
        Digest {
            date: "2026-11-20".parse().unwrap(),
            audience: Audience::of_everything(chrono_tz::UTC),
            is_joining: false,
            is_rescoped: false,
            lacks_units: false,
            since: "2026-11-19T09:00:00Z".parse().ok(),
            until,
            report: report(Vec::new()),
            cases: DigestCases {
                before: Some(KnownCounts {
                    not_enabled: 0,
                    resigned: 0,
                    outside: 0,
                    since: until,
                }),
                ..DigestCases::default()
            },
            week: None,
            is_first_of_week: false,
            alerts: Vec::new(),
            covered: Covered::new(),
        }
    }

    /// Whether it is due with each value of the setting.
    fn due(digest: &Digest) -> [bool; 3] {
        ["daily", "weekly", "changes"].map(|text| {
            let listing: NotEnabledListing = text.parse().unwrap();
            listing.is_due(digest)
        })
    }

    #[test]
    fn a_digest_lists_the_accounts_as_often_as_the_setting_says_and_the_first_one_always() {
        assert_eq!(due(&quiet()), [true, false, false]);
        let first = Digest {
            since: None,
            ..quiet()
        };
        assert_eq!(due(&first), [true, true, true]);
        let monday = Digest {
            week: Some(PastWeek {
                first: "2026-11-09".parse().unwrap(),
                last: "2026-11-15".parse().unwrap(),
                report: report(Vec::new()),
            }),
            is_first_of_week: true,
            ..quiet()
        };
        assert_eq!(due(&monday), [true, true, false]);
        let left = ChangeGroup {
            kind: ChangeKind::Left,
            entries: Vec::new(),
        };
        let changed = Digest {
            report: report(vec![left]),
            ..quiet()
        };
        assert_eq!(due(&changed), [true, false, true]);
        for before in [None, Some(1)] {
            let mut other_counts = quiet();
            let known = other_counts.cases.before.as_mut();
            match before {
                Some(count) => known.unwrap().not_enabled = count,
                None => other_counts.cases.before = None,
            }
            assert_eq!(due(&other_counts), [true, false, true]);
        }
    }

    #[test]
    fn another_word_is_an_error() {
        let error = "monthly".parse::<NotEnabledListing>().unwrap_err();
        assert_eq!(error, r#""monthly" must be daily, weekly or changes"#);
    }
}
