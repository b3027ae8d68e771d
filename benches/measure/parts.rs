//! The duration of single steps without I/O, by number of members.

use std::hint::black_box;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use securityhub_members::aws::table::codec::{self, CODEC, Columns};
use securityhub_members::demo::slack::limits::{Surface, check_blocks};
use securityhub_members::domain::diff::{Observation, diff};
use securityhub_members::domain::digest::{Digest, DigestCases};
use securityhub_members::domain::emails::EmailView;
use securityhub_members::domain::hub::Version;
use securityhub_members::domain::member::{Snapshot, Window};
use securityhub_members::domain::report::{Coverage, HubFacts, HubReport, Mark, Report};
use securityhub_members::domain::scope::Audience;
use securityhub_members::proxy::ProxySettings;
use securityhub_members::slack::channel::DigestChannel;
use securityhub_members::slack::client::SlackApi;
use securityhub_members::text::Locale;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::ports::Channel as _;
use serde_json::{Value, json};

use crate::members;

/// The minimum number of runs, and the minimum time, for each measurement.
const TIMES: usize = 15;
const LONG_ENOUGH: Duration = Duration::from_millis(300);

/// The median, in milliseconds.
pub(crate) fn median<T>(mut step: impl FnMut() -> T) -> f64 {
    let began = Instant::now();
    let mut took = Vec::new();
    while took.len() < TIMES || began.elapsed() < LONG_ENOUGH {
        let before = Instant::now();
        black_box(step());
        took.push(before.elapsed());
        if began.elapsed() > LONG_ENOUGH * 20 {
            break;
        }
    }
    took.sort();
    took[took.len() / 2].as_secs_f64() * 1e3
}

/// A digest with a change of every member.
pub(crate) fn digest(before: &Snapshot, after: &Snapshot) -> Digest {
    let until = members::start() + TimeDelta::days(1);
    let window = Window {
        after: Some(members::start()),
        at: until,
    };
    let observations = [Observation {
        version: Version(2),
        window,
        changes: diff(before, after),
    }];
    let mark = |at: chrono::DateTime<chrono::Utc>| Mark {
        date: at.date_naive(),
        at,
    };
    let hub = HubReport {
        hub: members::hubs(1).remove(0),
        coverage: Coverage::Compared {
            from: mark(members::start()),
            to: mark(until),
        },
        counts: after.counts(),
        checked_at: Some(until),
        unread: None,
        damage: None,
        unchecked: None,
        narrowed: false,
    };
    let facts = HubFacts {
        hub,
        observations: &observations,
        members: Some(after),
    };
    Digest {
        audience: Audience::of_everything(chrono_tz::UTC),
        is_joining: false,
        is_rescoped: false,
        lacks_units: false,
        is_newly_quiet: false,
        new_not_members: None,
        situation: None,
        is_silent: false,
        heartbeat: None,
        date: until.date_naive(),
        time: None,
        since: Some(members::start()),
        until,
        report: Report::new(vec![facts], until.date_naive(), chrono_tz::UTC),
        covered: [].into(),
        cases: DigestCases::default(),
        week: None,
        is_first_of_week: false,
        alerts: Vec::new(),
    }
}

pub(crate) fn channel() -> DigestChannel {
    let api = SlackApi::new(
        &"https://slack.com/api".parse().unwrap(),
        &"xoxb-nobody".into(),
        &ProxySettings::default(),
    );
    let voice = Voice::new(Locale::En, chrono_tz::UTC);
    DigestChannel::new(
        api.unwrap(),
        "C0SECURITY".to_owned(),
        voice,
        EmailView::Hidden,
    )
}

/// The errors that Slack would report about the messages.
fn refused(messages: &[String]) -> Vec<String> {
    let mut refused = Vec::new();
    for message in messages {
        let message: Value = serde_json::from_str(message).unwrap();
        let findings = check_blocks(
            message["blocks"].as_array().unwrap(),
            Surface::Message,
            "/blocks",
        );
        if findings.too_long() {
            refused.push("msg_blocks_too_long".to_owned());
        }
        refused.extend(findings.errors);
    }
    refused
}

/// All steps with this many members.
pub(crate) fn measure(number: usize) -> Value {
    let listed = members::listed(number);
    let before = members::snapshot(listed.clone(), members::start());
    let later = members::start() + TimeDelta::days(1);
    let after = members::snapshot(members::all_changed(listed), later);
    let encoded = codec::encode(&Columns::from(&before)).unwrap();
    let json_bytes = serde_json::to_vec(&Columns::from(&before)).unwrap().len();
    let decode = || {
        let columns: Columns = codec::decode(&encoded.bytes, CODEC, &encoded.sha256).unwrap();
        Snapshot::try_from(columns).unwrap()
    };
    assert_eq!(decode(), before);
    let channel = channel();
    let digest = digest(&before, &after);
    let messages = channel.render(&digest);
    json!({
        "members": number,
        "diff_ms": median(|| diff(&before, &after)),
        "diff_same_ms": median(|| diff(&before, &before)),
        "encode_ms": median(|| codec::encode(&Columns::from(&before)).unwrap()),
        "decode_ms": median(decode),
        "stored_bytes": encoded.bytes.len(),
        "json_bytes": json_bytes,
        "max_bytes": codec::MAX_BYTES,
        "digest_ms": median(|| channel.render(&digest)),
        "digest_messages": messages.len(),
        "digest_refused": refused(&messages),
    })
}
