//! Alerts and the replies to them, in every language.

use super::{Locale, Words, messages, say};

messages! {
    alert_ids_follow: en "the next digest lists them", ja "一覧は次のダイジェストに記載";
    alerted_at(moment: &str): en "Alerted {moment}", ja "{moment} に通知済み";
    alerted_names(names: &str): en ": {names}", ja ": {names}";
}

impl Words {
    /// The time in which the changes happened.
    pub fn alert_seen(self, at: &str, since: Option<&str>, zone: &str) -> String {
        match since {
            Some(since) => say!(
                self,
                "Seen {at}, changed after {since} ({zone})",
                "検知: {at} · 変更は {since} 以降({zone})"
            ),
            None => say!(self, "Seen {at} ({zone})", "検知: {at}({zone})"),
        }
    }

    /// The accounts that are back, with the Regions if there are several.
    pub fn enabled_again(self, names: &str, count: usize, places: Option<&str>) -> String {
        let are = if count == 1 { "is" } else { "are" };
        match (self.0, places) {
            (Locale::En, Some(places)) => format!("✅ {names} {are} Enabled again in {places}"),
            (Locale::En, None) => format!("✅ {names} {are} Enabled again"),
            (Locale::Ja, Some(places)) => format!("✅ 再び有効: {names}({places})"),
            (Locale::Ja, None) => format!("✅ 再び有効: {names}"),
        }
    }
}
