//! The digests in the channel, parsed.

use std::collections::BTreeMap;

use securityhub_members::demo::MockSlack;
use securityhub_members::demo::slack::{CHANNEL, Message};
use securityhub_members::domain::member::MemberStatus;

/// From one status to another; `None` is "not listed".
pub(crate) type Step = (Option<MemberStatus>, Option<MemberStatus>);

/// A digest with its thread.
pub(crate) struct PostedDigest {
    pub(crate) date: String,
    pub(crate) messages: usize,
    /// The accounts with their paths of statuses.
    pub(crate) paths: Vec<(u64, Vec<Option<MemberStatus>>)>,
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
            assert_eq!(message.text, page, "the thread is whole");
        }
    }
    // If there is a thread, it lists every account.
    let naming = if thread.is_empty() {
        &all[..]
    } else {
        &all[1..]
    };
    let blocks = naming.iter().flat_map(|message| &message.blocks);
    let texts = blocks.filter_map(|block| block["text"]["text"].as_str());
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
        paths: texts.flat_map(str::lines).filter_map(path).collect(),
    }
}

/// Parses ``• `200000000003`  Enabled → *Resigned* · eu-west-1 · seen …``.
fn path(line: &str) -> Option<(u64, Vec<Option<MemberStatus>>)> {
    let (account, rest) = line.strip_prefix("• `")?.split_once('`')?;
    let (states, _) = rest.split_once(" · ")?;
    if !states.contains('→') {
        return None;
    }
    assert!(!states.contains('…'), "folded: {line}");
    let state = |state: &str| match state.trim().trim_matches('*') {
        "not listed" => None,
        status => Some(MemberStatus::parse(status)),
    };
    Some((
        account.parse().unwrap(),
        states.split('→').map(state).collect(),
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
