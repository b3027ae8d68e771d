//! The digests in the channel, parsed.

use std::collections::BTreeMap;

use securityhub_members::demo::MockSlack;
use securityhub_members::demo::slack::{CHANNEL, Message};
use securityhub_members::domain::member::MemberStatus;
use serde_json::Value;

/// From one status to another; `None` is "not listed".
pub(crate) type Step = (Option<MemberStatus>, Option<MemberStatus>);

/// An account, and the statuses that it went through.
type Path = (u64, Vec<Option<MemberStatus>>);

/// A digest with its thread.
pub(crate) struct PostedDigest {
    pub(crate) date: String,
    pub(crate) messages: usize,
    pub(crate) paths: Vec<Path>,
}

/// Every digest in the channel. Asserts that each is complete, and that there is nothing else.
pub(crate) fn digests(slack: &MockSlack) -> Vec<PostedDigest> {
    let parents = slack.messages(CHANNEL);
    let all = slack.workspace().channel(CHANNEL).unwrap().messages.len();
    let digests: Vec<_> = parents.iter().map(|parent| digest(slack, parent)).collect();
    let posted: usize = digests.iter().map(|digest| digest.messages).sum();
    assert_eq!(all, posted, "a reply without its digest");
    digests
}

fn digest(slack: &MockSlack, parent: &Message) -> PostedDigest {
    let thread = slack.thread(CHANNEL, &parent.ts);
    let named = |message: &Message, field: &str| {
        let payload = &message.metadata.as_ref().unwrap()["event_payload"];
        payload[field].as_str().unwrap().to_owned()
    };
    let all: Vec<_> = std::iter::once(parent).chain(&thread).collect();
    for (index, message) in all.iter().enumerate() {
        assert_eq!(named(message, "digest"), named(parent, "digest"));
        assert_eq!(
            named(message, "message"),
            index.to_string(),
            "in order, each once"
        );
        if index > 0 {
            let page = match thread.len() {
                1 => "Full list".to_owned(),
                pages => format!("Full list, {index}/{pages}"),
            };
            let title = message.text.split(" · ").next();
            assert_eq!(title, Some(page.as_str()), "the thread is whole");
        }
    }
    // If there is a thread, it lists every account.
    let naming = if thread.is_empty() {
        &all[..]
    } else {
        &all[1..]
    };
    let blocks = || naming.iter().flat_map(|message| &message.blocks);
    let texts = blocks().filter_map(|block| block["text"]["text"].as_str());
    let rows = blocks().filter_map(|block| block["rows"].as_array());
    let paths = texts.flat_map(str::lines).filter_map(path);
    let parent_text: String = parent
        .blocks
        .iter()
        .map(|block| format!("{block}\n"))
        .collect();
    assert!(
        !thread.is_empty() || !parent_text.contains("in the thread"),
        "the thread is missing: {parent_text}"
    );
    PostedDigest {
        date: named(parent, "date"),
        messages: all.len(),
        paths: paths
            .chain(rows.flatten().filter_map(path_of_row))
            .collect(),
    }
}

/// Parses ``• `200000000003`  Enabled → *Resigned* · eu-west-1 · seen …``.
fn path(line: &str) -> Option<Path> {
    let (account, rest) = line.strip_prefix("• `")?.split_once('`')?;
    let (statuses, _) = rest.split_once(" · ")?;
    path_in(account, statuses)
}

/// Parses `200000000003 | 🔴 Left: Enabled → Resigned | …`.
fn path_of_row(row: &Value) -> Option<Path> {
    let (_, statuses) = row[1]["text"].as_str()?.split_once(": ")?;
    path_in(row[0]["text"].as_str()?, statuses)
}

fn path_in(account: &str, statuses: &str) -> Option<Path> {
    if !statuses.contains('→') {
        return None;
    }
    assert!(!statuses.contains('…'), "folded: {statuses}");
    let status = |status: &str| match status.trim().trim_matches('*') {
        "not listed" => None,
        status => Some(MemberStatus::parse(status)),
    };
    Some((
        account.parse().unwrap(),
        statuses.split('→').map(status).collect(),
    ))
}

/// The steps of each account over all digests, in order.
pub(crate) fn steps(digests: &[PostedDigest]) -> BTreeMap<u64, Vec<Step>> {
    let mut steps = BTreeMap::<_, Vec<Step>>::new();
    for (account, states) in digests.iter().flat_map(|digest| &digest.paths) {
        let changes = states.windows(2);
        let changes = changes.map(|step| (step[0].clone(), step[1].clone()));
        steps.entry(*account).or_default().extend(changes);
    }
    steps
}
