//! The Home tab and its modals, in every language.

use super::{Words, messages, say};

messages! {
    home_title: en "Security Hub members", ja "Security Hub メンバー";
    home_open(count: usize):
        en "🟠 {count} accounts need attention",
        ja "🟠 {count}アカウントの対応が必要です";
    home_open_one: en "🟠 1 account needs attention", ja "🟠 1アカウントの対応が必要です";
    home_clear: en "✅ Nothing is open", ja "✅ 未解決なし";
    home_hint: en "In any channel:", ja "どのチャンネルでも使えます:";
    home_week: en "Last 7 days", ja "直近7日間";
    last_week: en "Last week", ja "先週";
    quiet_days: en "Only quiet days", ja "変更のない日のみ";
    next_digest(moment: &str): en "next digest {moment}", ja "次のダイジェスト {moment}";
    no_news(moment: &str):
        en "last digest skipped {moment} (no news)",
        ja "前回のダイジェスト: 投稿なし({moment}、新しい情報なし)";
    show_all(count: usize): en "Show all {count}", ja "{count}件すべて表示";
    more_open(count: usize): en "and {count} more open", ja "ほか未解決{count}件";
    all_cases: en "All cases", ja "対応状況の一覧";
    no_cases: en "None.", ja "該当なし";
    cut_off(lines: usize):
        en "… and {lines} more lines, too many for this window. Ask in a channel to see all.",
        ja "… ほか{lines}行はこの画面に収まりません。チャンネルで実行すると全件を確認できます。";
    check_now: en "Check now", ja "最新を取得";
    pick_date: en "Changes on…", ja "日付を選択";
    clear_date: en "Back to now", ja "現在に戻る";
    find_account: en "Find an account…", ja "アカウントを探す…";
    find_title: en "Find an account", ja "アカウントを探す";
    find_field: en "Name or account ID", ja "アカウント名または ID";
    find: en "Find", ja "検索";
    filter: en "Filter…", ja "絞り込み…";
    filter_title: en "Filter", ja "絞り込み";
    every_admin: en "All administrators", ja "すべての管理者";
    every_region: en "All Regions", ja "すべてのリージョン";
    every_status: en "All statuses", ja "すべてのステータス";
    filter_show: en "Show", ja "表示";
    filter_clear: en "Clear filter", ja "絞り込みを解除";
    filtered(by: &str): en "Filter: {by}", ja "絞り込み: {by}";
    administrator: en "Administrator", ja "管理者";
    region: en "Region", ja "リージョン";
    others: en "Others", ja "有効以外";
    status_label: en "Status", ja "ステータス";
    expected_cases: en "Expected", ja "想定内";
    known_gaps: en "Known gaps", ja "以前から有効でない";
    known_gaps_count(count: usize):
        en "Known gaps: {count} not Enabled",
        ja "以前から有効でない: {count}件";
    in_unknown_unit(count: usize): en "OU unknown {count}", ja "OU 不明 {count}";
    more_units(count: usize): en "{count} more OUs", ja "ほか{count}件の OU";
    oldest(name: &str, days: &str): en "Oldest: {name}, {days}", ja "最長: {name} {days}";
    go_through: en "Go through them", ja "順に確認する";
    in_none: en "no Region", ja "全リージョン";
    not_in(regions: &str): en "not in {regions}", ja "{regions}";
    still_enabled_count(count: usize):
        en "Closed or suspended in AWS, still Enabled: {count}",
        ja "停止・閉鎖済みで、まだ有効: {count}件";
    not_members_title: en "Not members", ja "未登録アカウント";
    enabled_share(enabled: u64, all: &str, percent: &str):
        en "Enabled: {enabled} of {all} ({percent}%)",
        ja "有効: {all}中{enabled}件({percent}%)";
    /// If AWS seems to have renamed a status.
    enabled_between(least: u64, most: u64, all: &str, statuses: &str):
        en "Enabled: {least} to {most} of {all}, depending on what “{statuses}” means",
        ja "有効: {all}中{least}〜{most}件(「{statuses}」の扱いが未定)";
    trend_without(statuses: &str): en "without “{statuses}”", ja "「{statuses}」を除く";
    most_not_enabled(regions: &str):
        en "Most not Enabled: {regions}",
        ja "有効でない件数: {regions}";
    by_region: en "By Region", ja "リージョン別";
    trend(days: usize, first: u64, last: u64):
        en "Not Enabled, {days} days: {first} → {last}",
        ja "有効でない件数の推移({days}日間): {first} → {last}";
    trend_range(least: u64, most: u64): en "least {least}, most {most}", ja "最小{least}、最大{most}";
}
