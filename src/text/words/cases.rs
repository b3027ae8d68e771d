//! Cases in every language: what happened to an account, and who has it.

use super::{Words, messages, say};
use crate::domain::cases::Concern;
use crate::domain::diff::ChangeKind;

messages! {
    every_accepted(count: usize): en "Expected ({count})", ja "想定内: {count}件";
    taken_by_since(since: &str): en " since {since}", ja " が{since} から対応中";
    expected_until(until: &str, why: &str): en "expected until {until}: “{why}”", ja "{until}まで想定内:「{why}」";
}

impl Words {
    /// What a case is about, in a word or two.
    pub fn case_short(self, concern: Concern, how: Option<ChangeKind>) -> &'static str {
        match (concern, how) {
            (Concern::NotMember, _) => self.pick("not a member", "未登録"),
            (Concern::StillEnabled, _) => self.pick(
                "closed or suspended in AWS, still Enabled",
                "停止・閉鎖済みで有効のまま",
            ),
            (Concern::Pending, _) => self.pick("invited, not accepted", "招待に未応答"),
            (_, Some(ChangeKind::Left)) => self.pick("left", "離脱"),
            (_, Some(ChangeKind::Removed)) => self.pick("removed", "関連付け解除"),
            (_, Some(ChangeKind::Deleted)) => self.pick("no longer listed", "一覧から消失"),
            (_, Some(ChangeKind::Suspended)) => self.pick("suspended", "アカウント停止"),
            (_, Some(ChangeKind::Declined)) => self.pick("declined", "招待の辞退"),
            _ => self.pick("not Enabled", "有効でない"),
        }
    }
}
