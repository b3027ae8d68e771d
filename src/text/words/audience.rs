//! The conditions of a channel, in words.

use super::{Locale, Words, messages, say};

messages! {
    channel_gets: en "👋 This channel gets:", ja "👋 このチャンネルの対象:";
    channel_joins:
        en "👋 First digest in this channel. Earlier changes are in the other channels' digests. This channel gets:",
        ja "👋 最初のダイジェスト(以前の変更はほかのチャンネルに記載) · このチャンネルの対象:";
    channel_rescoped:
        en "ℹ️ This channel's conditions have changed. It now gets:",
        ja "ℹ️ 条件変更後の対象:";
    gets_everything: en "everything", ja "すべて";
    stays_quiet:
        en "only digests with news, and at least one every 8 days",
        ja "新しい情報があるときだけ投稿(少なくとも8日に1回)";
    now_quiet:
        en "ℹ️ From now on: only digests with news, and at least one every 8 days",
        ja "ℹ️ 今後は新しい情報があるときだけ投稿(少なくとも8日に1回)";
    heartbeat(from: &str, polls: u64, gap: &str, region: &str):
        en "Every Region polled at least {polls} times since {from} · longest gap {gap} ({region})",
        ja "{from} 以降、各リージョンの一覧を{polls}回以上取得 · 取得間隔は最長{gap}({region})";
    heartbeat_once(from: &str, gap: &str, region: &str):
        en "Every Region polled at least once since {from} · longest gap {gap} ({region})",
        ja "{from} 以降、各リージョンの一覧を1回以上取得 · 取得間隔は最長{gap}({region})";
    no_units_known:
        en "⚠️ OUs are unknown, so no account can match this channel's conditions",
        ja "⚠️ OU が不明(対象のアカウントを判定不可)";
    no_account_fits:
        en "⚠️ No account matches this channel's conditions",
        ja "⚠️ 条件に一致するアカウントなし";
    no_changes_of_these: en "No matching changes", ja "対象の変更なし";
    no_region_fits:
        en "⚠️ No monitored member list matches this channel's conditions",
        ja "⚠️ 条件に一致する監視対象のメンバー一覧なし";
    and_other_regions(regions: &str, more: usize):
        en "{regions} and {more} other Regions",
        ja "{regions} ほか{more}リージョン";
    and_another_region(regions: &str):
        en "{regions} and 1 other Region",
        ja "{regions} ほか1リージョン";
}

impl Words {
    /// A sentence about a part: "Payments: no changes".
    pub fn addressed(self, name: &str, sentence: &str) -> String {
        /// The first words of sentences that don't begin with a name.
        const BEGINNINGS: [&str; 4] = ["No ", "Nothing ", "Not ", "First "];
        let begins = BEGINNINGS.iter().any(|begin| sentence.starts_with(begin));
        match self.0 {
            Locale::En if begins => {
                let (first, rest) = sentence.split_at(1);
                format!("{name}: {}{rest}", first.to_lowercase())
            }
            _ => format!("{name}: {sentence}"),
        }
    }

    /// A condition by its name in the settings.
    pub fn condition(self, name: &str) -> &'static str {
        match name {
            "admins" => self.pick("administrators", "管理者"),
            "regions" => self.pick("Regions", "リージョン"),
            "units" => self.pick("OUs", "OU"),
            "accounts" => self.pick("accounts", "アカウント"),
            "kinds" => self.pick("changes", "変更"),
            _ => self.pick("statuses", "ステータス"),
        }
    }
}
