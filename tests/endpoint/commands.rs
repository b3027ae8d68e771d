//! `/securityhub-members`: acknowledged at once, answered soon after in the language of the
//! query.

use std::collections::BTreeMap;

use futures::FutureExt as _;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{AIKO, CHANNEL, Fault, Place, Press, SAM};
use securityhub_members::slack::view::answer::{NEXT, PREVIOUS, SHARE};
use securityhub_members::slack::view::choices::BUTTONS;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::support::{IRELAND, PATIENCE, World, accounts, id, members, read};

const FORM: &str = "application/x-www-form-urlencoded";

/// A week in November: Wednesday to Friday, a weekend without changes, and Monday.
async fn history() -> World {
    let world = World::new().await;
    let first = "1 Enabled, 2 Enabled, 3 Enabled, 4 Invited";
    world.poll_at("2026-11-18T10:00:00Z", first).await;
    world.poll_at("2026-11-19T10:00:00Z", "2 Resigned").await;
    world
        .poll_at("2026-11-20T10:00:00Z", "4 Enabled, 5 Invited")
        .await;
    world.set("2026-11-23T10:00:00Z");
    world.list("3 Removed");
    world
}

#[tokio::test]
async fn the_acknowledgement_waits_for_nothing() {
    let world = history().await;
    let _server = world.listen().await;
    world.aws.fail(IRELAND, HubFault::Hang);
    let sent = world.slack.command(SAM, CHANNEL, "").await;
    assert_eq!(sent.status, Some(200));
    let seen = world.slack.ephemerals(SAM);
    assert_eq!(seen.len(), 1);
    assert!(seen[0].text.contains("Checking"), "{}", seen[0].text);
    assert!(world.slack.calls().is_empty());

    world.aws.heal(IRELAND);
    let answer = world.answered(SAM).await;
    assert_eq!(answer.ts, seen[0].ts, "the answer replaces the first words");
    let text = read(&answer.blocks);
    assert!(text.contains(&id(3)) && text.contains("Removed"), "{text}");
    world.finish().await;
    assert_eq!(world.slack.ephemerals(SAM).len(), 1);
    assert!(world.slack.messages(CHANNEL).is_empty());
}

#[tokio::test]
async fn stored_data_is_shown_at_once_and_the_live_check_replaces_it() {
    let world = history().await;
    let _server = world.listen().await;
    world.aws.fail(IRELAND, HubFault::Hang);
    for user in [SAM, AIKO] {
        world.slack.command(user, CHANNEL, "").await;
    }
    for user in [SAM, AIKO] {
        let stored = world.slack.wait_for(crate::support::PATIENCE, |workspace| {
            let newest = workspace.ephemerals(user).pop()?;
            newest.text.contains("Data from").then_some(newest)
        });
        let stored = stored.await.unwrap();
        let text = read(&stored.blocks);
        assert!(
            text.contains("🔎 Data from Fri 20 Nov 10:00, checking now …"),
            "{text}"
        );
        assert!(text.contains(&id(2)) && !text.contains(&id(3)), "{text}");
        assert!(!text.contains('['), "nothing to press yet: {text}");
    }
    world.aws.heal(IRELAND);
    for user in [SAM, AIKO] {
        let answer = world.answered(user).await;
        let text = read(&answer.blocks);
        assert!(
            text.contains(&id(3)) && !text.contains("Data from"),
            "{text}"
        );
    }
    world.finish().await;
    assert_eq!(world.slack.calls_of("response_url").len(), 4);
    assert_eq!(world.slack.ephemerals(SAM).len(), 1);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn without_stored_data_only_the_live_check_is_shown() {
    let world = World::new().await;
    let _server = world.listen().await;
    world.list("1 Enabled");
    world.aws.fail(IRELAND, HubFault::Hang);
    world.slack.command(SAM, CHANNEL, "").await;
    world.answered(SAM).await;
    world.finish().await;
    assert_eq!(world.slack.calls_of("response_url").len(), 1);
}

#[tokio::test]
async fn when_the_live_check_fails_stored_data_stays_and_says_so() {
    let mut world = history().await;
    let _server = world.listen().await;
    world.aws.fail(IRELAND, HubFault::Hang);
    world.slack.command(SAM, CHANNEL, "").await;
    let stored = world.slack.wait_for(crate::support::PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        newest.text.contains("Data from").then_some(())
    });
    stored.await.unwrap();
    world.lose_the_store();
    let answer = world.answered(SAM).await;
    let text = read(&answer.blocks);
    assert!(
        text.contains(
            "Live check failed: couldn't read the table for eu-west-1* · data from Fri 20 Nov 10:00"
        ),
        "{text}"
    );
    assert!(!text.contains('✅') && !text.contains('['), "{text}");
    assert!(text.contains(&id(2)), "{text}");
}

#[tokio::test]
async fn a_question_gets_the_changes_it_asks_for() {
    let world = history().await;
    let _server = world.listen().await;
    // The accounts of the five that changed in the period.
    for (text, changed) in [
        ("", &[3][..]),
        ("today", &[3]),
        ("2026-11-20", &[4, 5]),
        ("11/19", &[2]),
        ("last friday", &[4, 5]),
        ("3 days ago", &[4, 5]),
        ("2026-11-18..2026-11-20", &[2, 4, 5]),
        ("2026-11-18 .. 2026-11-23", &[2, 3, 4, 5]),
        ("2026-11-20..2026-11-22", &[4, 5]),
        ("2026-11-19..2026-11-20", &[2, 4, 5]),
        ("thursday to friday last week", &[2, 4, 5]),
        ("last week", &[2, 4, 5]),
        ("20.11.2026", &[4, 5]),
        ("Fri 20 Nov 2026", &[4, 5]),
        ("20261120.json", &[4, 5]),
        ("~fri\u{200b}day~", &[4, 5]),
        ("2 days from 19 Nov", &[2, 4, 5]),
        ("3日前", &[4, 5]),
        ("2026年11月20日", &[4, 5]),
        ("先週の金曜", &[4, 5]),
    ] {
        let answer = world.ask(SAM, text).await;
        let blocks = read(&answer.blocks);
        let japanese = text.contains(['日', '先']);
        assert_eq!(blocks.contains("メンバー"), japanese, "{text}: {blocks}");
        let changes: Vec<_> = blocks.lines().filter(|line| line.contains('→')).collect();
        let mut found = accounts(&changes.join("\n"));
        found.sort();
        let wanted: Vec<_> = changed.iter().map(|number| id(*number)).collect();
        assert_eq!(found, wanted, "{text}: {blocks}");
    }
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_life_of_an_account_reads_like_this() {
    let world = history().await;
    let _server = world.listen().await;
    world.poll_at("2026-11-23T10:00:00Z", "2 Enabled").await;
    let answer = world.ask(SAM, &id(2)).await;
    insta::assert_snapshot!(read(&answer.blocks), @"
    # Account 200000000002
    *Enabled*
    *Now*
    • *Enabled* · &lt;1 day
    *History (2)*
    • Fri 20 Nov 2026 10:00 – Mon 23 Nov 2026 10:00  *🟢 rejoined*  Resigned → Enabled
    • Wed 18 Nov 2026 10:00 – Thu 19 Nov 2026 10:00  *🔴 left*  Enabled → Resigned
    ~ History starts on Wed 18 Nov 2026.
    Checked just now
    Times in UTC
    [Share to channel]
    ");
    let answer = world.ask(SAM, &format!("アカウント {}", id(4))).await;
    insta::assert_snapshot!(read(&answer.blocks), @"
    # アカウント 200000000004
    *有効*
    *現在*
    • *有効* · 3日間
    *履歴: 1件*
    • 2026年11月19日(木) 10:00〜2026年11月20日(金) 10:00  *🟢 参加*  招待中 → 有効
    ~ 履歴は2026年11月18日(水)からです。
    最終確認: たった今
    時刻: UTC
    [チャンネルに共有]
    ");
    world.press(SAM, &answer, SHARE).await;
    let shared = world.messages(1).await.remove(0);
    assert!(read(&shared.blocks).contains(&id(4)), "{shared:?}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_members_in_a_status_read_like_this() {
    let world = history().await;
    let _server = world.listen().await;
    let answer = world.ask(SAM, "status resigned").await;
    insta::assert_snapshot!(read(&answer.blocks), @"
    # Security Hub members · status Resigned
    *1 account*
    *Resigned (1)*
    • `200000000002`  *Resigned* · 4 days
    ~ *5 members*: Enabled 3 · Invited 1 · Resigned 1
    Checked 3 days ago
    [Share to channel]
    ");
    let answer = world.ask(SAM, "状態").await;
    insta::assert_snapshot!(read(&answer.blocks), @"
    # Security Hub メンバー · ステータス別
    *メンバー 5件*
    *ステータス別*
    • *有効* 3
    • *招待中* 1
    • *離脱・辞退* 1
    ~ *メンバー 5件*: 有効 3 · 招待中 1 · 離脱・辞退 1
    最終確認: 3日前
    [有効 (3)] [招待中 (1)] [離脱・辞退 (1)]
    [チャンネルに共有]
    ");
    let answer = world.ask(SAM, "status foo").await;
    let text = read(&answer.blocks);
    let known =
        "*No member has the status “foo”.*\nKnown statuses: Resigned, Removed, Account suspended, ";
    assert!(text.contains(known), "{text}");
    let answer = world.ask(SAM, "status resigend eu-wset-1").await;
    insta::assert_snapshot!(read(&answer.blocks), @"
    # Security Hub members · status resigend
    *No data for these Regions.*
    Not monitored: eu-wset-1
    Did you mean this?
    [status Resigned eu-west-1]
    ");
    world.press(SAM, &answer, BUTTONS[0]).await;
    let replaced = world.slack.wait_for(PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        read(&newest.blocks)
            .contains("*Resigned (1)*")
            .then_some(newest.ts)
    });
    assert_eq!(replaced.await.unwrap(), answer.ts);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_query_without_an_answer_gets_a_helpful_message() {
    let world = history().await;
    let _server = world.listen().await;
    for (text, words) in [
        ("help", &["What you can ask", "2026-11-20"][..]),
        ("yesturday", &["Did you mean this?", "[Sun 22 Nov 2026]"]),
        (
            "open the pod bay doors",
            &["don't recognize", "`/securityhub-members help`"],
        ),
        ("2026-02-30", &["2026-02-30", "[Sat 28 Feb 2026]"]),
        ("2026-12-24", &["is in the future", "2026-11-20"]),
        (
            "2026-11-21",
            &["No data", "`2026-11-20`", "[Fri 20 Nov 2026]"],
        ),
        ("2020-01-01", &["No data", "`2026-11-18`", "History"]),
        ("1月32日", &["1月32日"]),
        (
            "2026-11-20..2026-11-18",
            &["ends before it starts", "[Wed 18 – Fri 20 Nov 2026]"],
        ),
        (
            "Mon 20 Nov 2026",
            &[
                "doesn't match its date, Fri 20 Nov 2026",
                "Did you mean one of these?",
                "[Fri 20 Nov 2026] [Mon 16 Nov 2026]",
            ],
        ),
        ("20日(月)", &["曜日", "2026年11月20日(金)"]),
        ("12345678901", &["[account 012345678901]"]),
        (
            "2026-11-14..2026-11-16",
            &["No data for Sat 14 – Mon 16 Nov 2026", "`2026-11-18`"],
        ),
        ("account", &["Which account", "account 123456789012"]),
        ("resigend", &["[status Resigned]"]),
        ("ヘルプ", &["使い方"]),
    ] {
        let answer = world.ask(AIKO, text).await;
        let blocks = read(&answer.blocks);
        for word in words {
            assert!(blocks.contains(word), "{text}: {word} is not in {blocks}");
        }
        assert!(!answer.text.is_empty());
    }
    // Answers without stored data are in the acknowledgement itself.
    assert_eq!(world.aws.requests(IRELAND), 3);
}

#[tokio::test]
async fn how_digits_were_read_is_said_to_the_one_who_asked_and_to_everybody() {
    let world = history().await;
    let _server = world.listen().await;
    let read_as = "Reading 11/12 as Thu 12 Nov 2026. For Thu 11 Dec 2025, type `2025-12-11`";
    let answer = world.ask(SAM, "11/12..20 Nov").await;
    let text = read(&answer.blocks);
    assert!(text.contains(read_as), "{text}");
    assert!(text.contains("Thu 12 – Fri 20 Nov 2026"), "{text}");
    assert!(text.contains("History starts on Wed 18 Nov 2026"), "{text}");
    world.press(SAM, &answer, SHARE).await;
    let shared = world.messages(1).await.remove(0);
    let text = read(&shared.blocks);
    assert!(text.contains(read_as), "{text}");
    let answer = world.ask(SAM, "2026-11-20..2026-12-24").await;
    let text = read(&answer.blocks);
    assert!(
        text.contains("Thu 24 Dec 2026 is in the future. Changes are up to today."),
        "{text}"
    );
    assert!(text.contains("Fri 20 – Mon 23 Nov 2026"), "{text}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_question_before_the_first_poll_has_an_answer() {
    let world = World::new().await;
    let _server = world.listen().await;
    let answer = world.ask(SAM, "yesterday").await;
    let text = read(&answer.blocks);
    assert!(text.contains("No history yet"), "{text}");
}

#[tokio::test]
async fn a_failed_command_gets_an_error_message() {
    let mut world = history().await;
    let _server = world.listen().await;
    world.lose_the_store();
    let answer = world.ask(SAM, "2026-11-20").await;
    assert!(
        answer.text.contains("went wrong on our side"),
        "{}",
        answer.text
    );
    assert!(!answer.text.contains("127.0.0.1"));
}

#[tokio::test]
async fn an_answer_that_slack_did_not_take_is_sent_again() {
    let world = history().await;
    let _server = world.listen().await;
    world.slack.fail_next("response_url", Fault::Status(500));
    let answer = world.ask(SAM, "2026-11-20").await;
    assert!(read(&answer.blocks).contains(&id(5)));
    world.finish().await;
    assert_eq!(world.slack.calls_of("response_url").len(), 2);
    assert_eq!(world.slack.ephemerals(SAM).len(), 1);
}

#[tokio::test]
async fn an_answer_whose_blocks_slack_refuses_comes_as_text() {
    let world = history().await;
    let _server = world.listen().await;
    for code in ["invalid_blocks", "invalid_blocks_format", "msg_too_long"] {
        let refused = Fault::Refuse(code.to_owned());
        world.slack.fail_next("response_url", refused);
        let answer = world.ask(SAM, "2026-11-20").await;
        assert!(answer.blocks.is_empty(), "{code}");
        assert!(answer.text.contains(&id(5)), "{code}: {}", answer.text);
        assert!(answer.text.contains("5 members"), "{code}: {}", answer.text);
    }
    // The result of the check, and shared answers, too.
    let refused = Fault::Refuse("invalid_blocks".to_owned());
    world.slack.fail_next("response_url", refused.clone());
    let checked = world.ask(SAM, "").await;
    assert!(checked.text.contains(&id(3)), "{}", checked.text);
    let answer = world.ask(SAM, "2026-11-20").await;
    world.slack.fail_next("response_url", refused);
    world.press(SAM, &answer, SHARE).await;
    let shared = world.messages(1).await.remove(0);
    assert!(shared.blocks.is_empty() && shared.text.contains(&id(5)));
}

#[tokio::test]
async fn an_answer_is_shared_once_and_for_everybody() {
    let world = history().await;
    let _server = world.listen().await;
    let answer = world.ask(SAM, "2026-11-20").await;
    world.press(SAM, &answer, SHARE).await;
    let shared = world.messages(1).await.remove(0);
    let text = read(&shared.blocks);
    assert!(text.contains(&id(4)) && text.contains(&id(5)), "{text}");
    assert!(text.contains("Shared by <@U0SAM>"), "{text}");
    assert!(!text.contains('['), "nothing to press: {text}");
    world.finish().await;
    let left = world.slack.ephemerals(SAM).remove(0);
    assert_eq!(left.ts, answer.ts);
    assert!(left.text.contains("Shared"), "{}", left.text);
    let place = Place::Ephemeral { ts: left.ts };
    let again = world.slack.act(SAM, &place, &Press::click(SHARE)).await;
    assert!(again.is_err(), "the button is gone");
    assert_eq!(world.slack.messages(CHANNEL).len(), 1);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_answer_to_a_japanese_question_stays_japanese_on_every_page_and_when_shared() {
    let world = World::new().await;
    let _server = world.listen().await;
    world
        .aws
        .set_members(IRELAND, members(3_000, |_| "Invited"));
    world.poll().await;
    world.set("2026-11-19T10:00:00Z");
    world
        .aws
        .set_members(IRELAND, members(3_000, |_| "Enabled"));
    world.poll().await;
    let first = world.ask(AIKO, "今日").await;
    world.press(AIKO, &first, NEXT).await;
    let second = turned(&world, AIKO, &first.blocks).await;
    assert!(read(&second).contains("メンバー"), "{}", read(&second));
    let page = world.answered(AIKO).await;
    world.press(AIKO, &page, SHARE).await;
    let shared = world.messages(1).await.remove(0);
    let text = read(&shared.blocks);
    assert!(text.contains("さんが共有"), "{text}");
    assert!(text.contains("2026-11-19"), "where the rest is: {text}");
    world.assert_slack_took_everything();
}

/// The blocks of the newest answer once they have changed.
async fn turned(world: &World, user: &str, before: &[Value]) -> Vec<Value> {
    let turned = world.slack.wait_for(crate::support::PATIENCE, |workspace| {
        let newest = workspace.ephemerals(user).pop()?;
        (read(&newest.blocks) != read(before)).then_some(newest.blocks)
    });
    turned.await.unwrap()
}

#[tokio::test]
async fn all_pages_of_3000_changes_have_every_account_once() {
    let world = World::new().await;
    let _server = world.listen().await;
    let invited = |number| if number < 3_000 { "Invited" } else { "Enabled" };
    world.aws.set_members(IRELAND, members(10_000, invited));
    world.poll().await;
    world.set("2026-11-19T10:00:00Z");
    let accepted = members(10_000, |_| "Enabled");
    world.aws.set_members(IRELAND, accepted);

    let mut page = world.ask(SAM, "").await;
    assert!(page.text.contains("3000 joined"), "{}", page.text);
    let mut met = BTreeMap::<String, usize>::new();
    let mut pages = 1;
    loop {
        let text = read(&page.blocks);
        for account in accounts(&text) {
            *met.entry(account).or_default() += 1;
        }
        if !page
            .blocks
            .iter()
            .any(|block| block.to_string().contains(NEXT))
        {
            break;
        }
        world.press(SAM, &page, NEXT).await;
        page.blocks = turned(&world, SAM, &page.blocks).await;
        pages += 1;
    }
    let wanted: BTreeMap<_, _> = (0..3_000).map(|number| (id(number), 1)).collect();
    assert!(met == wanted, "{} accounts on {pages} pages", met.len());
    assert!(pages > 3);
    world.press(SAM, &page, PREVIOUS).await;
    turned(&world, SAM, &page.blocks).await;
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn an_answer_goes_to_slack_and_nowhere_else() {
    let world = history().await;
    let _server = world.listen().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = elsewhere.local_addr().unwrap();
    let form = |url: &str| {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("text", "2026-11-20")
            .append_pair("user_id", SAM)
            .append_pair("response_url", url)
            .finish()
    };
    for url in [
        format!("http://{address}/commands/1"),
        format!("http://slack@{address}/commands/1"),
        "https://hooks.slack.com.evil.example/commands/1".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let sent = world.slack.send("/slack/commands", FORM, form(&url), &[]);
        assert_eq!(sent.await.status, Some(400), "{url}");
        let press = serde_json::json!({
            "type": "block_actions", "user": { "id": SAM }, "response_url": url,
            "actions": [{ "action_id": SHARE, "value": r#"{"query":"2026-11-20","locale":"en"}"# }],
        });
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &press.to_string())
            .finish();
        let sent = world.slack.send("/slack/interactions", FORM, body, &[]);
        assert_eq!(sent.await.status, Some(400), "{url}");
    }
    world.finish().await;
    assert!(elsewhere.accept().now_or_never().is_none());
    assert!(world.slack.calls().is_empty());
}
