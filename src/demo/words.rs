//! The answers of the demo's controls, in both languages. The page's own texts are in
//! `page.html`.

use super::action::{DemoAccount, StoryVerb};
use crate::text::Locale;

/// The account's new status in these Regions.
pub(super) fn done(
    locale: Locale,
    account: &DemoAccount,
    verb: StoryVerb,
    regions: &[&str],
) -> String {
    let DemoAccount { id, name, .. } = account;
    let regions = regions.join(", ");
    let done = match (locale, verb) {
        (Locale::En, StoryVerb::Invite) => "was invited",
        (Locale::En, StoryVerb::Accept) => "accepted",
        (Locale::En, StoryVerb::Decline) => "declined",
        (Locale::En, StoryVerb::Leave) => "left",
        (Locale::En, StoryVerb::Remove) => "was removed",
        (Locale::En, StoryVerb::Delete) => "was deleted",
        (Locale::En, StoryVerb::Suspend) => "was suspended",
        (Locale::Ja, StoryVerb::Invite) => "を招待しました",
        (Locale::Ja, StoryVerb::Accept) => "が招待を承諾しました",
        (Locale::Ja, StoryVerb::Decline) => "が招待を辞退しました",
        (Locale::Ja, StoryVerb::Leave) => "が離脱しました",
        (Locale::Ja, StoryVerb::Remove) => "の関連付けを解除しました",
        (Locale::Ja, StoryVerb::Delete) => "を一覧から削除しました",
        (Locale::Ja, StoryVerb::Suspend) => "を停止しました",
    };
    match locale {
        Locale::En => format!("{name} ({id}) {done} in {regions}."),
        Locale::Ja => format!("{regions}: {name} ({id}) {done}。"),
    }
}

/// The action is not possible in the account's status.
pub(super) fn impossible(locale: Locale, account: &DemoAccount) -> String {
    let DemoAccount { name, regions, .. } = account;
    let statuses = regions.values().map(String::as_str).collect::<Vec<_>>();
    let statuses = statuses.join(", ");
    match locale {
        Locale::En => format!("{name} can't do that. Status: {statuses}."),
        Locale::Ja => format!("{name} は実行できません。ステータス: {statuses}"),
    }
}

/// No account has this ID or name.
pub(super) fn unknown(locale: Locale, wanted: &str) -> String {
    match locale {
        Locale::En => format!("There is no account {wanted}."),
        Locale::Ja => format!("アカウント {wanted} は見つかりません。"),
    }
}

/// No account is in a status that allows the action.
pub(super) fn no_account(locale: Locale) -> String {
    match locale {
        Locale::En => "No account can do that now.",
        Locale::Ja => "実行できるアカウントがありません。",
    }
    .to_owned()
}

/// The name of a new account has invalid characters.
pub(super) fn bad_name(locale: Locale) -> String {
    match locale {
        Locale::En => "The name must be at most 40 letters, digits and hyphens.",
        Locale::Ja => "アカウント名は40文字以内の英数字とハイフンで指定してください。",
    }
    .to_owned()
}

/// A Region is denied, or can be read again.
pub(super) fn region(locale: Locale, region: &str, readable: bool) -> String {
    match (locale, readable) {
        (Locale::En, true) => format!("ListMembers is allowed in {region} again."),
        (Locale::En, false) => format!("ListMembers is denied in {region}."),
        (Locale::Ja, true) => format!("{region} の ListMembers を許可しました。"),
        (Locale::Ja, false) => format!("{region} の ListMembers を拒否しました。"),
    }
}

/// AWS renamed a status.
pub(super) fn status_renamed(locale: Locale, old: &str, new: &str) -> String {
    match locale {
        Locale::En => format!("AWS renamed {old} to {new}."),
        Locale::Ja => format!("AWS がステータス {old} を {new} に改名しました。"),
    }
}

/// Many accounts joined.
pub(super) fn accounts_added(locale: Locale, count: u64) -> String {
    match locale {
        Locale::En => format!("{count} accounts joined: fleet-0001 to fleet-{count:04}."),
        Locale::Ja => {
            format!("{count}アカウントが参加しました(fleet-0001〜fleet-{count:04})。")
        }
    }
}

/// The reason for which a colleague expects the open cases of the history.
pub(super) fn reviewed(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "Reviewed with the owners",
        Locale::Ja => "担当者に確認済み",
    }
}

/// The bot did not acknowledge a request. `status` is its HTTP status, if it answered.
pub(super) fn not_acknowledged(locale: Locale, status: Option<u16>) -> String {
    match (locale, status) {
        (Locale::En, Some(status)) => format!("The app answered with HTTP {status}"),
        (Locale::En, None) => "The app didn't answer".to_owned(),
        (Locale::Ja, Some(status)) => format!("アプリの応答: HTTP {status}"),
        (Locale::Ja, None) => "アプリからの応答がありません".to_owned(),
    }
}

/// Slack's message below a command that failed, with Slack's error code.
pub(super) fn command_failed(locale: Locale, command: &str, error: &str) -> String {
    match locale {
        Locale::En => format!("{command} failed with the error \"{error}\""),
        Locale::Ja => format!("{command} はエラー「{error}」で失敗しました"),
    }
}

/// The element that was used is no longer there, such as after an update of the message. The
/// problem is for developers, in English.
pub(super) fn not_usable(locale: Locale, problem: &str) -> String {
    match locale {
        Locale::En => problem.to_owned(),
        Locale::Ja => "この操作は実行できません。表示が更新された可能性があります。".to_owned(),
    }
}
