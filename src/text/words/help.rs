//! The commands with their explanations, in every language.

use super::Words;

/// Commands and their descriptions.
pub(super) type Usage = &'static [(&'static str, &'static str)];

const ENGLISH: Usage = &[
    (
        "",
        "live check: what changed today, which members aren't Enabled, how many there are",
    ),
    (
        "yesterday",
        "what changed on a day; also today, monday, 3 days ago, last monday",
    ),
    ("2026-11-20", "a date; also 20 Nov, 11/20, 20.11.2026"),
    (
        "2026-11-01..2026-11-20",
        "a period: what changed from the first day to the last, both included",
    ),
    (
        "last week",
        "also this month, 30 days, Q3, monday to friday last week, 5 days from 1 Nov",
    ),
    (
        "account 123456789012",
        "history of one account in all Regions; a name or just the ID works",
    ),
    (
        "status resigned eu-west-1",
        "members with a status, optionally by Region; status alone shows counts",
    ),
    (
        "take payments-prod",
        "you're on its case: everyone sees that; untake gives it back",
    ),
    (
        "ack payments-prod until 31 Dec REASON",
        "its case is expected until then; also for 30d REASON; unack withdraws it",
    ),
    (
        "acks",
        "expected cases with who, why and until when, then taken ones",
    ),
    (
        "昨日",
        "the same in Japanese; the answer is in Japanese too",
    ),
    ("help", "this help"),
];

const JAPANESE: Usage = &[
    ("", "最新を取得: 本日の変更、有効でないメンバー、件数"),
    (
        "昨日",
        "その日の変更。今日、月曜日、3日前、先週の月曜日なども可",
    ),
    ("2026-11-20", "日付。11/20、2026年11月20日、20 Nov なども可"),
    ("2026-11-01..2026-11-20", "期間を指定(初日と最終日を含む)"),
    (
        "先週",
        "今月、過去30日間、第3四半期、先週の月曜から金曜、11月1日から5日間なども可",
    ),
    (
        "アカウント 123456789012",
        "アカウントの履歴(全リージョン)。ID・名前のみでも可",
    ),
    (
        "ステータス 離脱・辞退 eu-west-1",
        "ステータス別のメンバー(離脱・辞退は AWS の表記では辞退)。リージョン指定は任意、複数可。「ステータス」のみで件数",
    ),
    (
        "対応 payments-prod",
        "対応中として全員に表示。「対応 取消 payments-prod」で取り消し",
    ),
    (
        "想定内 payments-prod 12月31日まで 理由",
        "期限まで想定内とする。「30日間 理由」も可。「想定内 取消 payments-prod」で取り消し",
    ),
    ("想定内一覧", "想定内(担当者・理由・期限)と対応中の一覧"),
    ("yesterday", "英語での入力も可"),
    ("ヘルプ", "このヘルプ"),
];

impl Words {
    /// The commands, with examples.
    pub fn help(self) -> Usage {
        self.pick(ENGLISH, JAPANESE)
    }
}
