//! The initial workspace of the mock: tokens, people and channels.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::workspace::{Channel, MockWorkspace, User};

/// The only valid bot token.
pub const BOT_TOKEN: &str = "xoxb-000000000000-demo";
/// The signing secret of the app.
pub const SIGNING_SECRET: &str = "5eedf00d5eedf00d5eedf00d5eedf00d";
/// The deprecated verification token, which Slack still sends.
pub(super) const VERIFICATION_TOKEN: &str = "gIkuvaNzQIHg97ATvDxqgjtO";
/// The ID of the workspace.
pub const TEAM: &str = "T0EXAMPLE";
/// The ID of the app.
pub const APP: &str = "A0MEMBERS";
/// The app's slash command.
pub const COMMAND: &str = "/securityhub-members";
/// `#security`; the bot is a member.
pub const CHANNEL: &str = "C0SECURITY";
/// `#general`; the bot is not a member.
pub const OTHER_CHANNEL: &str = "C0GENERAL";
/// Aiko works in Tokyo and reads Japanese. The page shows the workspace as she sees it.
pub const AIKO: &str = "U0AIKO";
/// Sam works in London and reads English.
pub const SAM: &str = "U0SAM";

/// A public channel without messages.
pub(super) fn channel(id: &str, name: &str, bot_is_member: bool) -> Channel {
    Channel {
        id: id.to_owned(),
        name: name.to_owned(),
        bot_is_member,
        is_private: false,
        is_archived: false,
        messages: Vec::new(),
    }
}

/// The user groups: ID and handle.
pub(super) const GROUPS: [(&str, &str); 1] = [("S0ONCALL1", "prod-oncall")];

pub(super) fn new_workspace() -> MockWorkspace {
    let user = |id: &str, name: &str, real_name: &str, tz: &str, locale: &str| User {
        id: id.to_owned(),
        name: name.to_owned(),
        real_name: real_name.to_owned(),
        tz: tz.to_owned(),
        locale: locale.to_owned(),
    };
    MockWorkspace {
        team_id: TEAM.to_owned(),
        enterprise_id: None,
        is_enterprise_install: false,
        team_domain: "example".to_owned(),
        app_id: APP.to_owned(),
        bot_user: "U0BOT".to_owned(),
        bot_id: "B0MEMBERS".to_owned(),
        bot_name: "Security Hub Members".to_owned(),
        scopes: ["chat:write", "commands", "channels:history"]
            .into_iter()
            .map(str::to_owned)
            .collect(),
        users: vec![
            user(AIKO, "aiko", "Aiko Tanaka", "Asia/Tokyo", "ja-JP"),
            user(SAM, "sam", "Sam Okafor", "Europe/London", "en-GB"),
        ],
        channels: vec![
            channel(CHANNEL, "security", true),
            channel(OTHER_CHANNEL, "general", false),
        ],
        ephemerals: Vec::new(),
        homes: BTreeMap::new(),
        modals: BTreeMap::new(),
        externals: BTreeMap::new(),
        triggers: HashMap::new(),
        submitted: None,
        response_urls: HashMap::new(),
        calls: Vec::new(),
        deliveries: Vec::new(),
        sockets: 0,
        rejected_blocks: BTreeSet::new(),
        unanswered: HashSet::new(),
        last_event: 0,
        last_ts: 0,
        counter: 0,
    }
}
