//! Leaving a failing Region out, in every language.

use super::{Words, messages, say};

messages! {
    leave_out: en "Leave this Region out…", ja "このリージョンを対象から外す…";
    leave_out_named(region: &str): en "Leave {region} out…", ja "{region} を対象から外す…";
    leave_out_in_regions(region: &str):
        en "To leave {region} out, change this setting and restart the bot:",
        ja "{region} を監視対象から外すには、次の設定に変更してボットを再起動してください。";
    leave_out_in_entry(region: &str, admin: &str):
        en "To leave {region} out, change the entry of {admin} in ADMINISTRATORS and restart the bot:",
        ja "{region} を監視対象から外すには、ADMINISTRATORS の {admin} の項目を次のように変更してボットを再起動してください。";
    only_region(region: &str):
        en "{region} is the only Region. Name another one in the settings first.",
        ja "{region} 以外のリージョンがありません。先に設定で別のリージョンを指定してください。";
    not_monitored_now(region: &str):
        en "{region} is no longer monitored.",
        ja "{region} はすでに監視対象外です。";
    no_longer_compared:
        en "The bot no longer compares the accounts there, and digests no longer name the Region.",
        ja "このリージョンのアカウントは比較の対象外となり、ダイジェストにも表示しません。";
    cases_end_there(names: &str):
        en "Open cases that exist only there end as no longer monitored: {names}.",
        ja "このリージョンだけの未解決項目は、監視対象外として終了します: {names}";
    no_case_ends_there:
        en "No open case exists only there.",
        ja "このリージョンだけの未解決項目はありません。";
    table_stays_in(region: &str):
        en "If AWS_REGION isn't set, set it to {region}: the table stays there.",
        ja "AWS_REGION が未設定なら {region} を設定してください。テーブルの場所は変わりません。";
    entry_comes_first:
        en "If the entry in ADMINISTRATORS has regions=, change that instead.",
        ja "ADMINISTRATORS の項目に regions= があれば、そちらを変更してください。";
    on_none_of_them:
        en "You aren't on any of these Regions.",
        ja "あなたが対応中のリージョンはありません。";
    change_it_yourself:
        en "Change it yourself: the bot doesn't change what it monitors.",
        ja "設定はご自身で変更してください。ボットは監視対象を変更しません。";
}
