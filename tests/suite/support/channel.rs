//! A channel that records posts and can inject failures.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use securityhub_members::domain::alert::{Alert, Comeback};
use securityhub_members::domain::cases::{Case, Concern};
use securityhub_members::domain::digest::Digest;
use securityhub_members::domain::hub::HubId;
use securityhub_members::domain::member::{AccountId, MemberStatus};
use securityhub_members::domain::notice::Notice;
use securityhub_members::domain::report::{Coverage, Report};
use securityhub_members::domain::scope::Audience;
use securityhub_members::watch::ports::{
    Channel, MessageId, MessageLookup, OutboxId, OwnMessage, PostError,
};
use serde::{Deserialize, Serialize};

/// The number of accounts in a message: few, so that digests have threads.
const ACCOUNTS_A_MESSAGE: usize = 2;

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(1_000_000);

/// Clones share the channel.
#[derive(Clone)]
pub(crate) struct TestChannel {
    state: Arc<Mutex<State>>,
    id: &'static str,
    audience: Audience,
    pace: Duration,
}

struct State {
    posted: Vec<Posted>,
    /// Late messages, with their times of arrival.
    late: Vec<(Instant, Posted)>,
    names: usize,
    deletable: bool,
    /// The number of searches for duplicates.
    searches: usize,
    mishaps: VecDeque<Mishap>,
    history_permitted: bool,
    accounts_a_message: usize,
}

#[derive(Clone)]
struct Posted {
    outbox: OutboxId,
    index: usize,
    parent: Option<MessageId>,
    id: MessageId,
    text: String,
    replies_of_people: usize,
}

impl State {
    /// Adds the messages whose time has come.
    fn arrive(&mut self) {
        let now = Instant::now();
        let (due, late) = self.late.drain(..).partition(|(at, _)| *at <= now);
        self.late = late;
        let due: Vec<(Instant, Posted)> = due;
        self.posted
            .extend(due.into_iter().map(|(_, posted)| posted));
    }
}

/// The outcome of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// Success.
    None,
    /// Slack answers `ok: false`.
    Refused,
    /// Slack rate-limits the post for this time.
    Busy(Duration),
    /// The message is posted, but the answer is lost.
    AnswerLost,
    /// The message is not posted, and there is no answer.
    RequestLost,
    /// The answer is lost, and the message is posted this much later.
    TakenLate(Duration),
    /// The answer is lost, and the message is posted at [`TestChannel::let_all_arrive`].
    TakenOnRelease,
    /// The parent message was deleted in between.
    ParentGone,
}

/// A digest as readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostedDigest {
    pub(crate) date: NaiveDate,
    pub(crate) since: Option<DateTime<Utc>>,
    /// The failing hubs.
    pub(crate) unread: Vec<HubId>,
    /// The hubs with damaged history.
    pub(crate) damaged: Vec<HubId>,
    /// The hubs whose last poll failed.
    pub(crate) unchecked: Vec<HubId>,
    /// The minutes since the other hubs were read.
    pub(crate) unread_for: Vec<(HubId, i64)>,
    /// The hubs without earlier data.
    pub(crate) first: Vec<HubId>,
    /// The hubs without any data.
    pub(crate) unknown: Vec<HubId>,
    /// The accounts that have an open case, and those that are known from the start.
    pub(crate) open: Vec<AccountId>,
    pub(crate) known: Vec<AccountId>,
    /// The number of accounts in its lists.
    pub(crate) accounts: u64,
    /// Whether it mentions someone.
    pub(crate) mentions: bool,
    /// The polls that a heartbeat names.
    pub(crate) heartbeat: Option<String>,
    /// The changes of each account.
    pub(crate) paths: Vec<Path>,
}

/// The changes of one account in one hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Path {
    pub(crate) hub: HubId,
    pub(crate) account: AccountId,
    pub(crate) states: Vec<Option<MemberStatus>>,
}

#[derive(Serialize, Deserialize)]
struct Parent {
    date: NaiveDate,
    since: Option<DateTime<Utc>>,
    unread: Vec<HubId>,
    damaged: Vec<HubId>,
    unchecked: Vec<HubId>,
    unread_for: Vec<(HubId, i64)>,
    first: Vec<HubId>,
    unknown: Vec<HubId>,
    open: Vec<AccountId>,
    known: Vec<AccountId>,
    accounts: u64,
    mentions: bool,
    heartbeat: Option<String>,
}

impl TestChannel {
    pub(crate) fn new() -> Self {
        Self::named("C0TEST")
    }

    /// A channel with this ID.
    pub(crate) fn named(id: &'static str) -> Self {
        let state = State {
            posted: Vec::new(),
            late: Vec::new(),
            names: 0,
            deletable: true,
            searches: 0,
            mishaps: VecDeque::new(),
            history_permitted: true,
            accounts_a_message: ACCOUNTS_A_MESSAGE,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            id,
            audience: super::everything(),
            pace: Duration::ZERO,
        }
    }

    /// The same channel with these readers.
    pub(crate) fn for_audience(&self, audience: Audience) -> Self {
        Self {
            audience,
            ..self.clone()
        }
    }

    /// A channel with one reply to each digest, for digests of many accounts.
    pub(crate) fn of_long_messages() -> Self {
        let channel = Self::new();
        channel.state.lock().unwrap().accounts_a_message = usize::MAX;
        channel
    }

    /// The same channel for a process with a pause before each reply.
    pub(crate) fn with_pace(&self, pace: Duration) -> Self {
        Self {
            pace,
            ..self.clone()
        }
    }

    /// A channel whose history the bot may not read.
    pub(crate) fn without_history() -> Self {
        let channel = Self::new();
        channel.state.lock().unwrap().history_permitted = false;
        channel
    }

    /// Forbids bots to delete messages.
    pub(crate) fn forbid_deletion(&self) {
        self.state.lock().unwrap().deletable = false;
    }

    /// Posts all late messages.
    pub(crate) fn let_all_arrive(&self) {
        let mut state = self.state.lock().unwrap();
        let late: Vec<_> = state.late.drain(..).collect();
        state
            .posted
            .extend(late.into_iter().map(|(_, posted)| posted));
    }

    /// A person replies in the thread of the last message.
    pub(crate) fn reply(&self) {
        let mut state = self.state.lock().unwrap();
        let parents = state.posted.iter_mut().rev();
        let mut parents = parents.filter(|message| message.parent.is_none());
        parents.next().unwrap().replies_of_people += 1;
    }

    /// Reports whether late messages are pending.
    pub(crate) fn is_expecting(&self) -> bool {
        !self.state.lock().unwrap().late.is_empty()
    }

    /// The number of searches for duplicates, in the channel and in threads.
    pub(crate) fn searches(&self) -> usize {
        self.state.lock().unwrap().searches
    }

    /// The IDs of all messages.
    pub(crate) fn ids(&self) -> Vec<MessageId> {
        let posted = &self.state.lock().unwrap().posted;
        posted.iter().map(|message| message.id.clone()).collect()
    }

    /// The outcomes of the next posts, in order.
    pub(crate) fn then(&self, mishaps: impl IntoIterator<Item = Mishap>) {
        self.state.lock().unwrap().mishaps.extend(mishaps);
    }

    /// The index of each post within its digest, in order of arrival.
    pub(crate) fn indices(&self) -> Vec<usize> {
        let posted = &self.state.lock().unwrap().posted;
        posted.iter().map(|message| message.index).collect()
    }

    /// The digests and alerts, in order. Asserts that each is complete: its messages once, in
    /// order, in the thread of the first.
    pub(crate) fn items(&self) -> Vec<Item> {
        let mut posted = self.state.lock().unwrap().posted.clone();
        let mut items = Vec::new();
        while let Some(first) = posted.first().cloned() {
            let (own, others) = posted
                .into_iter()
                .partition::<Vec<_>, _>(|message| message.outbox == first.outbox);
            posted = others;
            items.push(read(&own));
        }
        items
    }

    pub(crate) fn digests(&self) -> Vec<PostedDigest> {
        let digests = self.items().into_iter().filter_map(|item| match item {
            Item::Digest(digest) => Some(*digest),
            _ => None,
        });
        digests.collect()
    }

    /// The alerts.
    pub(crate) fn notices(&self) -> Vec<News> {
        let notices = self.items().into_iter().filter_map(|item| match item {
            Item::Notice(news) => Some(news),
            _ => None,
        });
        notices.collect()
    }

    /// The alerts about changes, each with its changes.
    pub(crate) fn alerts(&self) -> Vec<Vec<Path>> {
        let alerts = self.items().into_iter().filter_map(|item| match item {
            Item::Alert(alert) => Some(alert),
            _ => None,
        });
        alerts.collect()
    }

    /// The replies to alerts: who is back in which hubs.
    pub(crate) fn replies(&self) -> Vec<Vec<(AccountId, HubId)>> {
        let replies = self.items().into_iter().filter_map(|item| match item {
            Item::Reply(reply) => Some(reply),
            _ => None,
        });
        replies.collect()
    }
}

/// A digest or an alert, as readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Digest(Box<PostedDigest>),
    Notice(News),
    /// An alert about changes.
    Alert(Vec<Path>),
    /// A reply to one.
    Reply(Vec<(AccountId, HubId)>),
}

/// The texts of alerts and their replies.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertText {
    alert: Vec<Path>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyText {
    back: Vec<(AccountId, HubId)>,
    reply: bool,
}

/// An alert, as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct News {
    /// The failing hubs.
    pub(crate) unread: Vec<HubId>,
    /// The hubs that have recovered.
    pub(crate) back: Vec<HubId>,
}

impl PostedDigest {
    /// The changes, like `2: Enabled → Resigned`, over all hubs.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.paths.iter().map(Path::to_string).collect()
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let states = self.states.iter();
        let states = states.map(|state| state.as_ref().map_or("-", MemberStatus::as_str));
        let states = states.collect::<Vec<_>>().join(" → ");
        write!(f, "{}: {states}", self.account.as_u64())
    }
}

/// The changes of a report, account by account and hub by hub.
fn paths(report: &Report) -> Vec<Path> {
    let entries = report.changes.iter().flat_map(|group| &group.entries);
    let paths = entries.flat_map(|entry| {
        entry.hubs.iter().map(|hub| Path {
            hub: hub.clone(),
            account: entry.account,
            states: entry.path.clone(),
        })
    });
    paths.collect()
}

fn read(messages: &[Posted]) -> Item {
    if let Ok(news) = serde_json::from_str::<News>(&messages[0].text) {
        assert_eq!(messages.len(), 1, "a notice is one message");
        return Item::Notice(news);
    }
    if let Ok(AlertText { alert }) = serde_json::from_str(&messages[0].text) {
        assert_eq!(messages.len(), 1, "an alert is one message");
        assert_eq!(messages[0].parent, None, "an alert is in the channel");
        return Item::Alert(alert);
    }
    if let Ok(ReplyText { back, .. }) = serde_json::from_str(&messages[0].text) {
        assert_eq!(messages.len(), 1, "a reply is one message");
        assert!(messages[0].parent.is_some(), "a reply is in a thread");
        return Item::Reply(back);
    }
    let parent: Parent = serde_json::from_str(&messages[0].text).unwrap();
    assert_eq!(
        messages[0].outbox.messages,
        messages.len(),
        "a digest is whole"
    );
    let mut paths = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        assert_eq!(message.index, index, "messages come once and in order");
        let thread = (index > 0).then(|| messages[0].id.clone());
        assert_eq!(message.parent, thread, "details are in the thread");
        if index > 0 {
            paths.extend(serde_json::from_str::<Vec<Path>>(&message.text).unwrap());
        }
    }
    Item::Digest(Box::new(PostedDigest {
        date: parent.date,
        since: parent.since,
        unread: parent.unread,
        damaged: parent.damaged,
        unchecked: parent.unchecked,
        unread_for: parent.unread_for,
        first: parent.first,
        unknown: parent.unknown,
        open: parent.open,
        known: parent.known,
        accounts: parent.accounts,
        mentions: parent.mentions,
        heartbeat: parent.heartbeat,
        paths,
    }))
}

#[async_trait]
impl Channel for TestChannel {
    fn id(&self) -> &str {
        self.id
    }

    fn remedy(&self, _: &str) -> &'static str {
        "fix the channel"
    }

    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn render(&self, digest: &Digest) -> Vec<String> {
        let hubs = |wanted: fn(&securityhub_members::domain::report::HubReport) -> bool| {
            let hubs = digest.report.hubs.iter().filter(|hub| wanted(hub));
            hubs.map(|hub| hub.hub.clone()).collect()
        };
        let accounts = |cases: &[Case]| {
            // Old invitations are cases too.
            let not_enabled = |case: &&Case| case.concern == Concern::NotEnabled;
            let cases = cases.iter().filter(not_enabled);
            let accounts = cases.map(|case| case.key.account);
            let mut accounts: Vec<_> = accounts.collect();
            accounts.sort();
            accounts
        };
        let minutes = |since: DateTime<Utc>| (digest.until - since).num_minutes();
        let unread = digest.report.hubs.iter();
        let unread = unread.filter_map(|hub| Some((hub.hub.clone(), minutes(hub.unread?.since))));
        let parent = Parent {
            date: digest.date,
            since: digest.since,
            unread: hubs(|hub| hub.unread.is_some()),
            damaged: hubs(|hub| hub.damage.is_some()),
            unchecked: hubs(|hub| hub.unchecked.is_some()),
            unread_for: unread.collect(),
            first: hubs(|hub| matches!(hub.coverage, Coverage::First { .. })),
            unknown: hubs(|hub| matches!(hub.coverage, Coverage::Missing(_))),
            open: accounts(&digest.cases.list.open),
            known: accounts(&digest.cases.list.known),
            accounts: digest.report.accounts,
            mentions: !digest.mentions().is_empty(),
            heartbeat: digest.heartbeat.as_ref().map(|heartbeat| {
                let (from, polls) = (heartbeat.from, heartbeat.polls);
                let (gap, hub) = (
                    heartbeat.longest_gap.num_minutes(),
                    &heartbeat.longest_gap_in,
                );
                format!("from {from}: {polls} polls, {gap} min in {hub}")
            }),
        };
        let paths = paths(&digest.report);
        let mut messages = vec![serde_json::to_string(&parent).unwrap()];
        let details = paths.chunks(self.state.lock().unwrap().accounts_a_message);
        messages.extend(details.map(|paths| serde_json::to_string(paths).unwrap()));
        messages
    }

    fn render_notice(&self, notice: &Notice) -> Vec<String> {
        let news = News {
            unread: notice.unread.iter().map(|hub| hub.hub.clone()).collect(),
            back: notice.back.iter().map(|hub| hub.hub.clone()).collect(),
        };
        vec![serde_json::to_string(&news).unwrap()]
    }

    fn render_alert(&self, alert: &Alert) -> Vec<String> {
        let alert = paths(&alert.report);
        vec![serde_json::to_string(&AlertText { alert }).unwrap()]
    }

    fn render_comeback(&self, comeback: &Comeback) -> Vec<String> {
        let groups = comeback.back.iter();
        let back = groups.flat_map(|group| {
            let accounts = group.accounts.iter();
            accounts.flat_map(|(account, _)| group.hubs.iter().map(|hub| (*account, hub.clone())))
        });
        let text = ReplyText {
            back: back.collect(),
            reply: true,
        };
        vec![serde_json::to_string(&text).unwrap()]
    }

    fn pace(&self) -> Duration {
        self.pace
    }

    async fn post(
        &self,
        outbox: &OutboxId,
        index: usize,
        message: &str,
        parent: Option<&MessageId>,
    ) -> Result<MessageId, PostError> {
        let mut state = self.state.lock().unwrap();
        let unknown = || PostError::Unknown {
            detail: "the connection broke".to_owned(),
        };
        let mishap = state.mishaps.pop_front().unwrap_or(Mishap::None);
        match mishap {
            Mishap::Refused => {
                let code = "channel_not_found".to_owned();
                return Err(PostError::Refused { code });
            }
            Mishap::Busy(wait) => {
                return Err(PostError::Later {
                    detail: "ratelimited".to_owned(),
                    wait: Some(wait),
                });
            }
            Mishap::ParentGone => {
                state.posted.clear();
                return Err(PostError::ParentGone);
            }
            Mishap::RequestLost => return Err(unknown()),
            Mishap::None | Mishap::AnswerLost | Mishap::TakenLate(_) | Mishap::TakenOnRelease => {}
        }
        state.names += 1;
        let id = MessageId(format!("{:04}.000100", state.names));
        let posted = Posted {
            outbox: outbox.clone(),
            index,
            parent: parent.cloned(),
            id: id.clone(),
            text: message.to_owned(),
            replies_of_people: 0,
        };
        match mishap {
            Mishap::TakenLate(after) => state.late.push((Instant::now() + after, posted)),
            Mishap::TakenOnRelease => state.late.push((Instant::now() + NEVER, posted)),
            _ => state.posted.push(posted),
        }
        match mishap {
            Mishap::None => Ok(id),
            _ => Err(unknown()),
        }
    }

    async fn find(
        &self,
        outbox: &OutboxId,
        index: usize,
        parent: Option<&MessageId>,
        _not_before: DateTime<Utc>,
    ) -> Result<MessageLookup, PostError> {
        let mut state = self.state.lock().unwrap();
        state.arrive();
        if !state.history_permitted {
            return Ok(MessageLookup::NotPermitted);
        }
        let found = state.posted.iter().find(|message| {
            message.outbox == *outbox && message.index == index && message.parent.as_ref() == parent
        });
        Ok(found.map_or(MessageLookup::No, |message| {
            MessageLookup::Yes(message.id.clone())
        }))
    }

    async fn own_messages(
        &self,
        parent: Option<&MessageId>,
        _not_before: DateTime<Utc>,
    ) -> Result<Option<Vec<OwnMessage>>, PostError> {
        let mut state = self.state.lock().unwrap();
        state.arrive();
        state.searches += 1;
        if !state.history_permitted {
            return Ok(None);
        }
        // As in Slack, reading a thread includes its parent message.
        let is_there = |message: &&Posted| match parent {
            None => message.parent.is_none(),
            Some(parent) => message.id == *parent || message.parent.as_ref() == Some(parent),
        };
        let own = |message: &Posted| {
            let below = state.posted.iter();
            let below = below.filter(|other| other.parent.as_ref() == Some(&message.id));
            OwnMessage {
                id: message.id.clone(),
                mark: message.outbox.mark(message.index),
                replies: below.count() + message.replies_of_people,
            }
        };
        Ok(Some(
            state.posted.iter().filter(is_there).map(own).collect(),
        ))
    }

    async fn delete(&self, message: &MessageId) -> Result<(), PostError> {
        let mut state = self.state.lock().unwrap();
        if !state.deletable {
            let code = "compliance_exports_prevent_deletion".to_owned();
            return Err(PostError::Refused { code });
        }
        state.posted.retain(|other| other.id != *message);
        Ok(())
    }
}
