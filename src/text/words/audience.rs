//! What a channel with conditions gets.

use super::{Locale, Words, messages, say};

messages! {
    channel_gets: en "👋 This channel gets:", ja "👋 このチャンネルの対象:";
    channel_joins:
        en "👋 Digests start here now. Earlier changes are in the other channels' digests. This channel gets:",
        ja "👋 このチャンネルでもダイジェストを開始します。以前の変更は、ほかのチャンネルのダイジェストをご覧ください。対象:";
    channel_rescoped:
        en "ℹ️ The conditions of this channel have changed. It now gets:",
        ja "ℹ️ このチャンネルの条件が変更されました。現在の対象:";
    gets_everything: en "everything", ja "すべて";
    no_units_known:
        en "⚠️ No OU is known, so no account fits the conditions of this channel",
        ja "⚠️ OU が不明(対象のアカウントを判定不可)";
    no_account_fits:
        en "⚠️ No account fits the conditions of this channel",
        ja "⚠️ 条件に合うアカウントなし";
    no_changes_of_these: en "No changes of these kinds", ja "対象の変更なし";
    no_region_fits:
        en "⚠️ None of this channel's Regions is monitored",
        ja "⚠️ このチャンネルのリージョンは監視対象外";
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
