//! Polling alerts as documents.

use super::document::{Document, Line};
use super::hubs::HubNames;
use super::voice::Voice;
use crate::domain::notice::{Notice, ReturnedHub};

impl Voice {
    /// A polling alert.
    pub fn notice(&self, notice: &Notice) -> Document {
        let words = self.words();
        let names = HubNames::new(self, notice.hubs.iter());
        let mut lead = self.failing(&notice.unread, &names, notice.at);
        let mut unread = notice.unread.iter();
        let title = if lead.is_empty() {
            words.alert_recovered()
        } else if unread.all(|hub| hub.unread.doubt.is_some()) {
            words.alert_doubted()
        } else {
            lead.push(Line::text(words.undetected_until_recovered()));
            words.alert_failing()
        };
        lead.extend(notice.back.iter().map(|hub| self.returned(hub, &names)));
        if !notice.back.is_empty() {
            lead.push(Line::text(words.net_changes_follow()));
        }
        self.with_zone(Document {
            title: title.to_owned(),
            lead,
            ..Document::default()
        })
    }

    fn returned(&self, hub: &ReturnedHub, names: &HubNames) -> Line {
        let words = self.words();
        if let Some(doubt) = hub.doubt {
            let name = names.name(&hub.hub);
            return if doubt.was_right(hub.members) {
                Line::strong(words.doubt_confirmed(&name, doubt.before, hub.members))
            } else {
                Line::strong(format!("✅ {}", words.list_is_back(&name, hub.members)))
            };
        }
        let said = words.recovered(&names.name(&hub.hub));
        let from = self.moment(hub.since);
        Line::strong(format!("✅ {said}")).and(format!(" · {}", words.had_failed_since(&from)))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::doubt::Doubt;
    use crate::domain::hub::{Unread, UnreadReason};
    use crate::domain::notice::UnreadHub;
    use crate::text::Locale;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn notice(unread: &[&str], back: &[&str]) -> Notice {
        let hub = |region: &&str| format!("111122223333/{region}").parse().unwrap();
        Notice {
            date: "2026-11-23".parse().unwrap(),
            at: time("2026-11-23T07:15:00Z"),
            hubs: unread.iter().chain(back).map(hub).collect(),
            unread: unread
                .iter()
                .map(|region| UnreadHub {
                    hub: hub(region),
                    unread: Unread::new(time("2026-11-23T05:00:00Z"), UnreadReason::AccessDenied),
                    checked_at: Some(time("2026-11-23T04:45:00Z")),
                })
                .collect(),
            back: back
                .iter()
                .map(|region| ReturnedHub {
                    hub: hub(region),
                    since: time("2026-11-22T22:00:00Z"),
                    checked_at: time("2026-11-23T07:15:00Z"),
                    doubt: None,
                    members: 30,
                })
                .collect(),
        }
    }

    fn read(locale: Locale, notice: &Notice) -> String {
        let zone = chrono_tz::Asia::Tokyo;
        let document = Voice::new(locale, zone).notice(notice);
        let lines = document.lead.iter().chain(&document.notes).map(Line::plain);
        std::iter::once(document.title.clone())
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn an_alert_says_what_fails_since_when_why_and_what_follows() {
        let both = notice(&["eu-west-1"], &["us-east-1"]);
        insta::assert_snapshot!(read(Locale::En, &both), @r"
        Security Hub members: polling is failing
        ⚠️ eu-west-1: polling has failed since Mon 23 Nov 14:00 · access denied: grant securityhub:ListMembers · data from Mon 23 Nov 13:45
        Changes there go undetected until it recovers. I'll post here when it does.
        ✅ us-east-1 is readable again · polling had failed since Mon 23 Nov 07:00
        Net changes from that time appear in the next digest.
        Times in Asia/Tokyo
        ");
        insta::assert_snapshot!(read(Locale::Ja, &both), @r"
        Security Hub メンバー: 一覧の取得失敗
        ⚠️ eu-west-1: 11月23日(月) 14:00 からメンバー一覧の取得に失敗 · アクセス拒否: ロールに securityhub:ListMembers が必要 · 表示は11月23日(月) 13:45 時点
        再び取得できるまで、このリージョンの変更は検知できません。復旧したらお知らせします。
        ✅ us-east-1: メンバー一覧の取得が復旧 · 11月23日(月) 07:00 から失敗
        取得できなかった期間の変更は、最終的な差分を次のダイジェストでお知らせします。
        時刻: JST
        ");
        let back = notice(&[], &["us-east-1"]);
        insta::assert_snapshot!(read(Locale::Ja, &back), @r"
        Security Hub メンバー: 一覧の取得が復旧
        ✅ us-east-1: メンバー一覧の取得が復旧 · 11月23日(月) 07:00 から失敗
        取得できなかった期間の変更は、最終的な差分を次のダイジェストでお知らせします。
        時刻: JST
        ");
    }

    #[test]
    fn an_alert_about_a_doubted_list_has_its_numbers_and_the_outcome() {
        let doubt = |before, now| {
            let mut unread = notice(&["eu-west-1"], &[]).unread;
            let since = time("2026-11-23T05:00:00Z");
            unread[0].unread = Unread::doubted(since, Doubt { before, now });
            unread
        };
        let mut alert = notice(&["eu-west-1"], &[]);
        alert.unread = doubt(30, 0);
        insta::assert_snapshot!(read(Locale::En, &alert), @r"
        Security Hub members: a member list looks wrong
        ⚠️ eu-west-1: the member list is suddenly empty (30 → 0) · not counted as changes until a later poll confirms it · data from Mon 23 Nov 13:45
        Times in Asia/Tokyo
        ");
        insta::assert_snapshot!(read(Locale::Ja, &alert), @r"
        Security Hub メンバー: 疑わしいメンバー一覧
        ⚠️ eu-west-1: メンバー一覧が突然空に(30 → 0) · 以降の取得で確認できるまで変更の対象外 · 表示は11月23日(月) 13:45 時点
        時刻: JST
        ");
        alert.unread = doubt(30, 12);
        alert.unread.extend(doubt(9, 0));
        assert!(read(Locale::En, &alert).contains(
            "Member lists that suddenly lost half or more: eu-west-1 (30 → 12), eu-west-1 (9 → 0)"
        ));
        let mut over = notice(&[], &["us-east-1"]);
        over.back[0].doubt = Some(Doubt { before: 30, now: 0 });
        insta::assert_snapshot!(read(Locale::En, &over), @r"
        Security Hub members: polling recovered
        ✅ us-east-1: the member list is back (30)
        Net changes from that time appear in the next digest.
        ");
        over.back[0].members = 0;
        insta::assert_snapshot!(read(Locale::En, &over), @r"
        Security Hub members: polling recovered
        us-east-1: a later poll confirms the shorter list (30 → 0)
        Net changes from that time appear in the next digest.
        ");
    }

    #[test]
    fn a_permission_that_is_taken_away_everywhere_is_one_line() {
        let regions: Vec<_> = (1..=17).map(|number| format!("eu-west-{number}")).collect();
        let regions: Vec<_> = regions.iter().map(String::as_str).collect();
        let document = Voice::new(Locale::En, chrono_tz::UTC).notice(&notice(&regions, &[]));
        assert_eq!(document.lead.len(), 2, "{document:?}");
        for region in regions {
            assert!(document.lead[0].plain().contains(region), "{region}");
        }
    }
}
