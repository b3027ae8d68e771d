//! The columns of tables, in every language.

use super::{Words, messages, say};

messages! {
    column_account: en "Account", ja "アカウント";
    column_what: en "What", ja "変更";
    column_status: en "Status", ja "ステータス";
    column_regions: en "Regions", ja "リージョン";
    column_seen: en "Seen", ja "検知";
    column_since: en "Since", ja "開始";
    /// The first day is day 1, as in the lines about cases.
    column_day: en "Day", ja "経過日数";
    column_unit: en "OU", ja "OU";
    column_id: en "ID", ja "ID";
    column_owner: en "Owner", ja "担当者";
    column_email: en "Email", ja "メール";
    every_change(count: usize): en "Changes ({count})", ja "変更: {count}件";
    /// The IDs of many accounts in one row.
    listed_below: en "listed below", ja "下に記載";
}
