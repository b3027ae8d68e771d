//! The digest in its channel: whole, once, and in words that people understand.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{AIKO, CHANNEL, Fault, Input, Message, Press, SAM};
use securityhub_members::domain::listing::NotEnabledListing;
use securityhub_members::domain::scope::Audience;
use securityhub_members::slack::view::list_kind;
use securityhub_members::slack::view::regions::MENU;
use securityhub_members::slack::view::renamed::{ACCOUNTS, UNDO, YES};
use securityhub_members::text::Locale;
use securityhub_members::watch::ports::PostError;
use securityhub_members::watch::{DeliverError, Outcome};
use serde_json::Value;

use crate::case_buttons::place;
use crate::support::{
    ADMIN, IRELAND, PATIENCE, Setup, VIRGINIA, World, accounts, id, member, members, read,
};

const POST: &str = "chat.postMessage";

impl World {
    /// Delivers today's digest.
    pub(crate) async fn deliver(&self) -> Result<Outcome, DeliverError> {
        let today = self.watch.calendar.today();
        self.watch.deliveries.deliver(&self.channel(), today).await
    }

    /// The messages of the channel as text, each with its thread.
    pub(crate) fn channel_text(&self) -> Vec<String> {
        let messages = self.slack.messages(CHANNEL);
        let with_thread = |message: Message| {
            let mut texts = vec![read(&message.blocks)];
            let thread = self.slack.thread(CHANNEL, &message.ts);
            texts.extend(thread.iter().map(|reply| read(&reply.blocks)));
            texts.join("\n\n")
        };
        messages.into_iter().map(with_thread).collect()
    }
}

/// A first digest yesterday, of these members.
async fn after_first_digest(members: &str) -> World {
    let world = World::new().await;
    world.poll_at("2026-11-18T09:00:00Z", members).await;
    world.deliver().await.unwrap();
    world
}

#[tokio::test]
async fn of_10_000_members_3000_change_at_once_and_none_of_them_is_dropped() {
    let world = World::new().await;
    world
        .aws
        .set_members(IRELAND, members(10_000, |_| "Enabled"));
    world.deliver().await.unwrap();
    world.set("2026-11-19T09:00:00Z");
    let status = |number| match number {
        0..1_000 => "Resigned",
        1_000..2_000 => "Removed",
        2_000..3_000 => "-",
        _ => "Enabled",
    };
    world.aws.set_members(IRELAND, members(10_000, status));
    world.deliver().await.unwrap();

    let messages = world.slack.messages(CHANNEL);
    assert_eq!(messages.len(), 2, "one message a day stands in the channel");
    let parent = read(&messages[1].blocks);
    for words in [
        "1000 accounts left Security Hub",
        "1000 accounts removed by administrator",
        "1000 accounts no longer listed",
        "2995 more open, in the thread",
    ] {
        assert!(parent.contains(words), "{words} is not in {parent}");
    }
    let thread = world.slack.thread(CHANNEL, &messages[1].ts);
    let mut listed = BTreeMap::<String, usize>::new();
    for account in thread
        .iter()
        .flat_map(|reply| accounts(&read(&reply.blocks)))
    {
        *listed.entry(account).or_default() += 1;
    }
    let wanted: BTreeMap<_, _> = (0..3_000).map(|number| (id(number), 1)).collect();
    let wrong = listed
        .iter()
        .filter(|(id, count)| wanted.get(*id) != Some(count));
    assert!(
        listed == wanted,
        "{} accounts in {} replies: {:?}",
        listed.len(),
        thread.len(),
        wrong.take(3).collect::<Vec<_>>()
    );
    for (index, reply) in thread.iter().enumerate() {
        let page = format!("Full list, {}/{}", index + 1, thread.len());
        assert!(read(&reply.blocks).contains(&page));
    }
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_status_that_aws_renames_is_one_line_and_every_account_is_in_the_thread() {
    let world = World::new().await;
    let _server = world.listen().await;
    world.aws.set_members(IRELAND, members(313, |_| "Enabled"));
    world.deliver().await.unwrap();
    world.set("2026-11-19T09:00:00Z");
    let renamed = |number| if number < 312 { "Active" } else { "Resigned" };
    world.aws.set_members(IRELAND, members(313, renamed));
    world.deliver().await.unwrap();
    let line = "• *312 accounts*  Enabled → *Active* · seen Thu 19 Nov 09:00 · \
                AWS seems to have renamed the status";
    let all: Vec<_> = (0..312).map(id).collect();
    let is_complete = |text: &str| {
        let found = accounts(text);
        assert!(all.iter().all(|account| found.contains(account)), "{text}");
    };

    let digest = world.slack.messages(CHANNEL).remove(1);
    let parent = read(&digest.blocks);
    let question = "*ℹ️ AWS seems to have renamed “Enabled” to “Active”*";
    assert!(parent.contains(question), "{parent}");
    let once = "*312 accounts*  Enabled → *Active* · by Thu 19 Nov 09:00";
    assert_eq!(parent.matches(once).count(), 1, "{parent}");
    assert!(!parent.contains(&id(0)), "{parent}");
    let thread = world.slack.thread(CHANNEL, &digest.ts);
    let thread: Vec<_> = thread.iter().map(|reply| read(&reply.blocks)).collect();
    is_complete(&thread.join("\n"));

    let answer = world.ask(SAM, "today").await;
    let text = read(&answer.blocks);
    assert_eq!(text.matches(line).count(), 1, "{text}");
    is_complete(&text);

    world.slack.open_home(SAM).await;
    let home = world
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    let home = home.await.unwrap();
    let text = read(home.view["blocks"].as_array().unwrap());
    let question = "*312 accounts*  Enabled → *Active*";
    assert!(text.contains(question), "{text}");
    // Neither an alarm nor an all-clear before someone has answered.
    for wanted in [
        "*Enabled: 0 to 312 of 313 members, depending on what “Active” means*",
        "*Not Enabled, 2 days: 0 → 1*",
        "least 0, most 1 · without “Active”",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    assert!(!text.contains('%') && !text.contains('✅'), "{text}");
    world.assert_slack_took_everything();
}

/// A world whose second digest asks about "Active".
async fn asked() -> (World, Message) {
    let world = World::new().await;
    world.aws.set_members(IRELAND, members(313, |_| "Enabled"));
    world.deliver().await.unwrap();
    world.set("2026-11-19T09:00:00Z");
    world.aws.set_members(IRELAND, members(313, |_| "Active"));
    world.deliver().await.unwrap();
    let digest = world.slack.messages(CHANNEL).remove(1);
    (world, digest)
}

#[tokio::test]
async fn without_a_store_the_buttons_of_a_question_say_that_they_failed() {
    let (mut world, digest) = asked().await;
    let _server = world.listen().await;
    world.lose_the_store();
    for button in [ACCOUNTS, YES] {
        let answer = world.press_case(SAM, &digest, &Press::click(button)).await;
        assert!(answer.starts_with("⚠️ Something went wrong"), "{answer}");
    }
}

#[tokio::test]
async fn whether_a_new_name_means_enabled_is_decided_once_for_everybody() {
    let (world, digest) = asked().await;
    let _server = world.listen().await;
    insta::assert_snapshot!(read(&digest.blocks), @"
    *ℹ️ AWS seems to have renamed “Enabled” to “Active”* · Since Wed 18 Nov 10:00 (UTC) · 313 accounts · 1 Region read
    *313 accounts*  Enabled → *Active* · by Thu 19 Nov 09:00 · *Does it mean Enabled?*
    [Yes, count it as Enabled] [No] [The 313 IDs]
    ");
    let said = world.press_case(AIKO, &digest, &Press::click(YES)).await;
    let counts = format!("ℹ️ “Active” counts as Enabled · <@{AIKO}>, Thu 19 Nov 09:00");
    assert_eq!(said, counts);
    let drawn = world.digest_with(&digest, &counts).await;
    let text = read(&drawn.blocks);
    assert!(
        text.contains("[Undo]") && !text.contains("Does it mean"),
        "{text}"
    );
    // Pressed again on the old message, nothing changes, and the thread has it once.
    let again = world.press_case(SAM, &digest, &Press::click(UNDO)).await;
    assert_eq!(
        again,
        format!("↩️ “Active” is in question again · <@{SAM}>")
    );
    let drawn = world.digest_with(&digest, "Does it mean Enabled?").await;
    assert!(read(&drawn.blocks).contains("[The 313 IDs]"));
    let listed = world
        .press_case(SAM, &digest, &Press::click(ACCOUNTS))
        .await;
    assert!(listed.contains("*Active (313)*"), "{listed}");
    world.press_case(SAM, &digest, &Press::click(YES)).await;
    let answer = world.ask(SAM, "today").await;
    let text = read(&answer.blocks);
    assert!(text.contains("✅ No changes"), "{text}");
    world.slack.open_home(SAM).await;
    let home = world.slack.wait_for(PATIENCE, |workspace| {
        let home = workspace.homes.get(SAM)?;
        let text = read(home.view["blocks"].as_array()?);
        text.contains("counts as Enabled").then_some(text)
    });
    let home = home.await.unwrap();
    assert!(
        home.contains("✅ Nothing is open") && home.contains("[Undo]"),
        "{home}"
    );
    world.finish().await;
    let thread = world.slack.thread(CHANNEL, &digest.ts);
    let thread: Vec<_> = thread.iter().map(|reply| read(&reply.blocks)).collect();
    let decisions = thread.iter().filter(|text| text.contains("“Active”"));
    assert_eq!(decisions.count(), 3, "{thread:#?}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_quiet_day_is_one_quiet_line() {
    let world = after_first_digest("1 Enabled, 2 Enabled").await;
    world.set("2026-11-19T09:00:00Z");
    world.deliver().await.unwrap();
    let text = world.channel_text().remove(1);
    assert!(text.contains("✅ No changes"), "{text}");
    assert!(accounts(&text).is_empty(), "{text}");
    let messages = world.slack.messages(CHANNEL);
    assert!(messages[1].text.contains("No changes"));
    assert!(world.slack.thread(CHANNEL, &messages[1].ts).is_empty());
}

#[tokio::test]
async fn the_first_digest_of_a_week_has_the_week_before_and_what_is_known() {
    let at = |now| Setup {
        now,
        ..Setup::default()
    };
    let world = World::with(at("2026-11-18T09:00:00Z")).await;
    let _server = world.listen().await;
    world.list("1 Enabled, 2 Enabled, 3 Resigned, 4 Enabled");
    world.deliver().await.unwrap();
    for (now, members) in [
        ("2026-11-20T12:00:00Z", "1 Resigned, 2 Removed"),
        ("2026-11-22T23:00:00Z", "1 Enabled, 2 Enabled"),
        // Of the new week.
        ("2026-11-23T08:00:00Z", "4 Resigned"),
        ("2026-11-23T08:30:00Z", "4 Enabled"),
    ] {
        world.poll_at(now, members).await;
    }
    world.set("2026-11-23T09:00:00Z");
    world.deliver().await.unwrap();
    world.set("2026-11-24T09:00:00Z");
    world.deliver().await.unwrap();
    let messages = world.slack.messages(CHANNEL);
    insta::assert_snapshot!(read(&messages[1].blocks), @"
    *3 reverted* · nothing is open · Since Wed 18 Nov 09:00 (UTC, 5 days) · 4 accounts · 1 Region read
    *🔁 Changed and reverted (3)* · 200000000001, 200000000002, 200000000004
    *Last week* · Mon 16 – Sun 22 Nov 2026 · history starts on Wed 18 Nov 2026
    Sun 22 Nov: 2 reverted
    *Known gaps: 1 not Enabled*
    Oldest: 200000000003, 22 days
    ~ Not Enabled: 1, unchanged for 5 days (Resigned: left or declined: 200000000003)
    ");
    let tuesday = read(&messages[2].blocks);
    assert!(!tuesday.contains("Last week"), "{tuesday}");
    assert!(!tuesday.contains("Known gaps"), "{tuesday}");

    let press = Press::click(list_kind::OPEN);
    let place = place(&messages[1]);
    world.slack.act(SAM, &place, &press).await.unwrap();
    let page = world.page(SAM, "no owner").await;
    let listed = accounts(&page);
    assert!(listed.iter().all(|account| *account == id(3)), "{page}");
    world.assert_slack_took_everything();
}

/// The threads on Wednesday to Friday, and on Monday. On Friday an account leaves.
async fn threads(listing: NotEnabledListing) -> Vec<String> {
    let world = World::new().await;
    for (now, members) in [
        ("2026-11-18T09:00:00Z", "1 Enabled, 2 Resigned"),
        ("2026-11-19T09:00:00Z", "1 Enabled"),
        ("2026-11-20T09:00:00Z", "1 Removed"),
        ("2026-11-23T09:00:00Z", "2 Resigned"),
    ] {
        world.poll_at(now, members).await;
        let channel = world.channel().for_audience(Audience {
            listing,
            ..Audience::of_everything(chrono_tz::UTC)
        });
        let deliveries = &world.watch.deliveries;
        let today = world.watch.calendar.today();
        deliveries.deliver(&channel, today).await.unwrap();
    }
    world.assert_slack_took_everything();
    let messages = world.slack.messages(CHANNEL).into_iter();
    let thread = |message: Message| {
        // The counts and the open cases are in every first message.
        let first = read(&message.blocks);
        assert!(
            first.contains("Not Enabled: 1") || first.contains(&id(2)),
            "{first}"
        );
        let thread = world.slack.thread(CHANNEL, &message.ts);
        let thread = thread.iter().map(|reply| read(&reply.blocks));
        thread.collect::<Vec<_>>().join("\n")
    };
    messages.map(thread).collect()
}

#[tokio::test]
async fn the_accounts_that_are_not_enabled_are_listed_as_often_as_the_setting_says() {
    let in_list = format!("• `{}`", id(2));
    let in_list = in_list.as_str();
    for (listing, wanted) in [
        (NotEnabledListing::Daily, [true, true, true, true]),
        (NotEnabledListing::Weekly, [true, false, false, true]),
        (NotEnabledListing::Changes, [true, false, true, false]),
    ] {
        let threads = threads(listing).await;
        let listed = threads.iter().map(|thread| thread.contains(in_list));
        let listed: Vec<_> = listed.collect();
        assert_eq!(listed, wanted, "{listing:?}: {threads:#?}");
        // A quiet day without a list needs no thread, and an open case is always in it.
        assert_eq!(
            threads[1].is_empty(),
            !wanted[1],
            "{listing:?}: {threads:#?}"
        );
        for thread in &threads[2..] {
            assert!(thread.contains(&id(1)), "{listing:?}: {thread}");
        }
        let where_it_is = threads[2].contains("Home always does.");
        assert_eq!(where_it_is, listing == NotEnabledListing::Weekly);
        let where_it_is = threads[3].contains("haven't changed. Home lists them.");
        assert_eq!(where_it_is, listing == NotEnabledListing::Changes);
    }
}

#[tokio::test]
async fn a_failing_region_has_a_menu_that_explains_how_to_leave_it_out() {
    let world = World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        ..Setup::default()
    })
    .await;
    let _server = world.listen().await;
    let everywhere = |statuses: [&str; 2]| {
        let [first, second] = statuses;
        world.list(&format!("1 {first}"));
        let there = vec![member(1, first), member(2, second)];
        world.aws.set_members(VIRGINIA, there);
    };
    everywhere(["Enabled", "Enabled"]);
    world.deliver().await.unwrap();
    world.set("2026-11-19T09:00:00Z");
    everywhere(["Resigned", "Resigned"]);
    world.poll().await;
    world.aws.fail(VIRGINIA, HubFault::AccessDenied);
    world.set("2026-11-19T10:00:00Z");
    world.deliver().await.unwrap();
    let messages = world.slack.messages(CHANNEL);
    assert!(!read(&messages[0].blocks).contains("us-east-1:"));
    let has_menu = |message: &Message| {
        let menu = |block: &Value| block["accessory"]["action_id"] == MENU;
        message.blocks.iter().filter(|block| menu(block)).count()
    };
    assert_eq!((has_menu(&messages[0]), has_menu(&messages[1])), (0, 1));

    let leave_out = Input::Option(format!("leave_out {ADMIN}/{VIRGINIA}"));
    let press = Press::with(MENU, leave_out);
    let answer = world.press_case(SAM, &messages[1], &press).await;
    insta::assert_snapshot!(answer, @"
    To leave us-east-1 out, change this setting and restart the bot:
    ```
    REGIONS=eu-west-1
    ```
    ~ The bot no longer compares the accounts there, and digests no longer name the Region.
    Open cases that exist only there end as no longer monitored: 200000000002.
    If the entry in ADMINISTRATORS has regions=, change that instead.
    Change it yourself: the bot doesn't change what it monitors.
    ");
    world.assert_slack_took_everything();
}

/// Two Regions, one of which can no longer be read; one of everything that can happen.
async fn eventful(locale: Locale) -> String {
    let world = World::with(Setup {
        now: "2026-11-20T00:00:00Z",
        zone: chrono_tz::Tz::Asia__Tokyo,
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        locale,
        ..Setup::default()
    })
    .await;
    world.aws.set_members(VIRGINIA, vec![member(1, "Enabled")]);
    world.list(
        "1 Enabled, 2 Enabled, 3 Enabled, 4 Invited, 5 Enabled, 6 Invited, 7 Enabled, 8 Enabled",
    );
    world.deliver().await.unwrap();
    world.poll_at("2026-11-20T05:00:00Z", "1 Resigned").await;
    world.poll_at("2026-11-20T05:30:00Z", "1 Invited").await;
    world
        .poll_at("2026-11-20T06:00:00Z", "1 Enabled, 2 Removed")
        .await;
    world.aws.fail(VIRGINIA, HubFault::AccessDenied);
    world.set("2026-11-21T00:00:00Z");
    world.watch.poller.poll_all().await;
    world.list(
        "3 Resigned, 4 Resigned, 5 -, 6 Enabled, 7 AccountSuspended, 8 Quarantined, 9 Invited",
    );
    // Friday 09:00 in Tokyo to Monday 09:00.
    world.set("2026-11-23T00:00:00Z");
    world.deliver().await.unwrap();
    world.assert_slack_took_everything();
    world.channel_text().remove(1)
}

#[tokio::test]
async fn a_digest_reads_like_this_in_english() {
    insta::assert_snapshot!(eventful(Locale::En).await, @"
    # 🔴 200000000003 left Security Hub
    ~ Mon 23 Nov · Since Fri 20 Nov 09:00 (Asia/Tokyo, 3 days) · 8 accounts · 1 of 2 Regions read
    *⚠️ us-east-1: polling has failed for 2 days* · access denied: grant securityhub:ListMembers · data from Fri 20 Nov 15:00
    🔴 *200000000003*
    left in *eu-west-1* · by Mon 23 Nov 09:00 · no owner · `200000000003`
    ⚫ *200000000005*
    no longer listed in *eu-west-1* · by Mon 23 Nov 09:00 · no owner · `200000000005`
    🟠 *200000000007*
    suspended by AWS, *eu-west-1* · by Mon 23 Nov 09:00 · no owner · `200000000007`
    🟠 *200000000008*
    not Enabled in *eu-west-1* (Quarantined) · by Mon 23 Nov 09:00 · no owner · `200000000008`
    🟡 *200000000004*
    declined the invitation in *eu-west-1* · by Mon 23 Nov 09:00 · no owner · `200000000004`
    🔴 200000000002 removed by administrator
    … and 1 more open, in the thread
    *🔁 Changed and reverted (1)* · 200000000001
    *🆕 Added (1)* · 200000000009
    *🟢 Joined (1)* · 200000000006
    [👀 I'm on it] [How to bring them back] [Show all 6]
    *Last week* · Mon 16 – Sun 22 Nov 2026 · history starts on Fri 20 Nov 2026 · data ends on Fri 20 Nov 2026 · not compared: us-east-1
    Fri 20 Nov: 1 removed, 1 reverted
    ~ Resigned (left or declined): 200000000003 and 200000000004

    ~ Full list, 1/3 · Changes (9) · times in Asia/Tokyo
    # Changes (9) · times in Asia/Tokyo
    Account | What | Regions | Seen | OU | ID
    200000000003 | 🔴 Left: Enabled → Resigned | eu-west-1 | 2026-11-23 09:00 | – | 200000000003
    200000000002 | 🔴 Removed by administrator: Enabled → Removed | eu-west-1 | 2026-11-20 15:00 | – | 200000000002
    200000000005 | ⚫ No longer listed: Enabled → not listed | eu-west-1 | 2026-11-23 09:00 | – | 200000000005
    200000000007 | 🟠 Account suspended: Enabled → Account suspended | eu-west-1 | 2026-11-23 09:00 | – | 200000000007
    200000000008 | 🟠 No longer Enabled: Enabled → Quarantined | eu-west-1 | 2026-11-23 09:00 | – | 200000000008
    200000000001 | 🔁 Changed and reverted: Enabled → Resigned → Invited → Enabled | eu-west-1 | 2026-11-20 15:00 | – | 200000000001
    200000000004 | 🟡 Declined the invitation: Invited → Resigned | eu-west-1 | 2026-11-23 09:00 | – | 200000000004
    200000000009 | 🆕 Added: not listed → Invited | eu-west-1 | 2026-11-23 09:00 | – | 200000000009
    200000000006 | 🟢 Joined: Invited → Enabled | eu-west-1 | 2026-11-23 09:00 | – | 200000000006

    ~ Full list, 2/3 · Open (6) · Not Enabled (1) · times in Asia/Tokyo
    # Open (6) · Not Enabled (1) · times in Asia/Tokyo
    Account | Status | Since | Day | Regions | OU | ID | Owner
    200000000003 | 🔴 left | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000003 | no owner
    200000000005 | ⚫ no longer listed | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000005 | no owner
    200000000007 | 🟠 suspended | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000007 | no owner
    200000000008 | 🟠 not Enabled (Quarantined) | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000008 | no owner
    200000000004 | 🟡 declined | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000004 | no owner
    200000000002 | 🔴 removed | 2026-11-20 15:00 | 4 | eu-west-1 | – | 200000000002 | no owner
    200000000009 | Invited | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000009 | –

    ~ Full list, 3/3
    *8 accounts in 2 Regions, 9 memberships*: Enabled 3 · Invited 1 · Quarantined 1 · Account suspended 1 · Removed 1 · Resigned 2
    ");
}

#[tokio::test]
async fn a_digest_reads_like_this_in_japanese() {
    insta::assert_snapshot!(eventful(Locale::Ja).await, @"
    # 🔴 200000000003 が離脱しました
    ~ 11月23日(月) · 11月20日(金) 09:00 以降(JST、3日間) · 8アカウント · 全2リージョン中1リージョン取得済み
    *⚠️ us-east-1: メンバー一覧の取得に2日間失敗* · アクセス拒否: ロールに securityhub:ListMembers が必要 · 表示は11月20日(金) 15:00 時点
    🔴 *200000000003*
    *eu-west-1* で離脱 · 11月23日(月) 09:00 までに検知 · 担当者なし · `200000000003`
    ⚫ *200000000005*
    *eu-west-1* で一覧から消失 · 11月23日(月) 09:00 までに検知 · 担当者なし · `200000000005`
    🟠 *200000000007*
    AWS によるアカウント停止 · *eu-west-1* · 11月23日(月) 09:00 までに検知 · 担当者なし · `200000000007`
    🟠 *200000000008*
    *eu-west-1* で有効でない(Quarantined) · 11月23日(月) 09:00 までに検知 · 担当者なし · `200000000008`
    🟡 *200000000004*
    *eu-west-1* で招待を辞退 · 11月23日(月) 09:00 までに検知 · 担当者なし · `200000000004`
    🔴 200000000002 の関連付けを管理者が解除
    … ほか未解決1件(スレッドに記載)
    *🔁 一時的な変更(復帰済み): 1件* · 200000000001
    *🆕 追加: 1件* · 200000000009
    *🟢 参加: 1件* · 200000000006
    [👀 対応します] [復帰手順] [6件すべて表示]
    *先週* · 2026年11月16日(月)〜22日(日) · 履歴は2026年11月20日(金)から · データは2026年11月20日(金)まで · 比較できない一覧: us-east-1
    11月20日(金): 関連付け解除 1件、一時的な変更 1件
    ~ 離脱・辞退: 200000000003 と 200000000004

    ~ 全件一覧 1/3 · 変更: 9件 · 時刻: JST
    # 変更: 9件 · 時刻: JST
    アカウント | 変更 | リージョン | 検知 | OU | ID
    200000000003 | 🔴 離脱: 有効 → 離脱・辞退 | eu-west-1 | 2026-11-23 09:00 | – | 200000000003
    200000000002 | 🔴 管理者による関連付け解除: 有効 → 関連付け解除 | eu-west-1 | 2026-11-20 15:00 | – | 200000000002
    200000000005 | ⚫ 一覧から消失: 有効 → 一覧になし | eu-west-1 | 2026-11-23 09:00 | – | 200000000005
    200000000007 | 🟠 アカウント停止: 有効 → アカウント停止 | eu-west-1 | 2026-11-23 09:00 | – | 200000000007
    200000000008 | 🟠 有効から他のステータスへ: 有効 → Quarantined | eu-west-1 | 2026-11-23 09:00 | – | 200000000008
    200000000001 | 🔁 一時的な変更(復帰済み): 有効 → 離脱・辞退 → 招待中 → 有効 | eu-west-1 | 2026-11-20 15:00 | – | 200000000001
    200000000004 | 🟡 招待の辞退: 招待中 → 離脱・辞退 | eu-west-1 | 2026-11-23 09:00 | – | 200000000004
    200000000009 | 🆕 追加: 一覧になし → 招待中 | eu-west-1 | 2026-11-23 09:00 | – | 200000000009
    200000000006 | 🟢 参加: 招待中 → 有効 | eu-west-1 | 2026-11-23 09:00 | – | 200000000006

    ~ 全件一覧 2/3 · 未解決: 6件 · 有効でないメンバー: 1件 · 時刻: JST
    # 未解決: 6件 · 有効でないメンバー: 1件 · 時刻: JST
    アカウント | ステータス | 開始 | 経過日数 | リージョン | OU | ID | 担当者
    200000000003 | 🔴 離脱 | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000003 | 担当者なし
    200000000005 | ⚫ 一覧から消失 | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000005 | 担当者なし
    200000000007 | 🟠 アカウント停止 | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000007 | 担当者なし
    200000000008 | 🟠 有効でない(Quarantined) | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000008 | 担当者なし
    200000000004 | 🟡 招待の辞退 | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000004 | 担当者なし
    200000000002 | 🔴 関連付け解除 | 2026-11-20 15:00 | 4 | eu-west-1 | – | 200000000002 | 担当者なし
    200000000009 | 招待中 | 2026-11-23 09:00 | 1 | eu-west-1 | – | 200000000009 | –

    ~ 全件一覧 3/3
    *8アカウント(2リージョン、延べ9件)*: 有効 3 · 招待中 1 · Quarantined 1 · アカウント停止 1 · 関連付け解除 1 · 離脱・辞退 2
    ");
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_found_and_not_posted_again() {
    let world = World::new().await;
    world.list("1 Enabled");
    world.slack.say("U0SAM", CHANNEL, "Good morning");
    world.slack.fail_next(POST, Fault::DoneThenDropped);
    world.deliver().await.unwrap();
    assert_eq!(world.slack.calls_of(POST).len(), 1);
    assert_eq!(
        world.messages(2).await.len(),
        2,
        "the greeting and the digest"
    );
    // The same in a thread.
    world.set("2026-11-19T09:00:00Z");
    world.aws.set_members(IRELAND, members(60, |_| "Invited"));
    let channel = world.channel().with_pace(Duration::from_millis(300));
    let today = world.watch.calendar.today();
    let losing_the_replys_answer = async {
        let parent_is_there = world.slack.wait_for(PATIENCE, |workspace| {
            (workspace.messages(CHANNEL).len() == 3).then_some(())
        });
        parent_is_there.await.unwrap();
        world.slack.fail_next(POST, Fault::DoneThenDropped);
    };
    let (delivered, ()) = tokio::join!(
        world.watch.deliveries.deliver(&channel, today),
        losing_the_replys_answer
    );
    delivered.unwrap();
    let posts = world.slack.calls_of(POST);
    assert_eq!(posts.iter().filter(|post| post.status.is_none()).count(), 2);
    let digest = world.messages(3).await.remove(2);
    let replies = world.slack.thread(CHANNEL, &digest.ts);
    assert_eq!(replies.len(), posts.len() - 2, "each posted once");
    let mut listed: Vec<_> = replies
        .iter()
        .flat_map(|reply| accounts(&read(&reply.blocks)))
        .collect();
    listed.sort();
    listed.dedup();
    assert_eq!(listed.len(), 60);
}

#[tokio::test]
async fn without_the_history_scope_it_rather_posts_again_than_not_at_all() {
    let world = World::new().await;
    world.list("1 Enabled");
    world.slack.set_scopes(&["chat:write", "commands"]);
    world.slack.fail_next(POST, Fault::DoneThenDropped);
    world.deliver().await.unwrap();
    let messages = world.messages(2).await;
    assert_eq!(messages[0].text, messages[1].text);
    // Nothing was unclear the next day: then nothing is said twice.
    world.set("2026-11-19T09:00:00Z");
    world.deliver().await.unwrap();
    world.messages(3).await;
}

#[tokio::test]
async fn a_digest_without_access_is_posted_as_soon_as_the_bot_is_invited() {
    let world = after_first_digest("1 Enabled, 2 Enabled, 3 Enabled").await;
    world.slack.set_bot_is_member(CHANNEL, false);
    world.poll_at("2026-11-19T08:00:00Z", "1 Resigned").await;
    world.set("2026-11-19T09:00:00Z");
    let refused = world.deliver().await.unwrap_err();
    assert!(refused.needs_an_operator());
    let not_in_channel = matches!(&refused, DeliverError::Post(PostError::Refused { code }) if code == "not_in_channel");
    assert!(not_in_channel, "{refused}");
    world.poll_at("2026-11-19T10:00:00Z", "2 Resigned").await;
    world.slack.set_bot_is_member(CHANNEL, true);
    world.set("2026-11-20T09:00:00Z");
    world.list("3 Resigned");
    world.deliver().await.unwrap();
    assert_eq!(world.messages(2).await.len(), 2);
    let text = world.channel_text().remove(1);
    assert!(
        text.contains("Left (3)") && text.contains("Since Wed 18 Nov 09:00"),
        "{text}"
    );
    let outcome = world.deliver().await.unwrap();
    assert!(matches!(outcome, Outcome::AlreadyDelivered { .. }));
    world.messages(2).await;
}

#[tokio::test]
async fn the_pause_that_slack_asks_for_is_kept() {
    let world = World::new().await;
    world.list("1 Enabled");
    world.slack.fail_next(POST, Fault::RateLimited(Some(2)));
    let began = Instant::now();
    world.deliver().await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(world.slack.calls_of(POST).len(), 2);
    world.messages(1).await;
}

#[tokio::test]
async fn a_pause_that_is_too_long_is_waited_for_by_the_schedule() {
    let world = World::new().await;
    world.list("1 Enabled");
    world.slack.fail_next(POST, Fault::RateLimited(Some(3_600)));
    let later = world.deliver().await.unwrap_err();
    assert!(!later.needs_an_operator(), "{later}");
    world.deliver().await.unwrap();
    world.messages(1).await;
}

#[tokio::test]
async fn a_digest_does_not_repeat_the_changes_of_the_one_before() {
    let world = after_first_digest("1 Enabled, 2 Enabled").await;
    world.set("2026-11-19T09:00:00Z");
    world.list("1 Resigned");
    world.deliver().await.unwrap();
    world.set("2026-11-20T09:00:00Z");
    world.deliver().await.unwrap();
    let texts = world.channel_text();
    let headline = format!("🔴 {} left Security Hub", id(1));
    assert!(texts[1].contains(&headline), "{}", texts[1]);
    assert!(!texts[2].contains(&headline), "{}", texts[2]);
    let open = format!("🔴 *{}* left · day 2, no owner", id(1));
    assert!(
        texts[2].contains("Nothing new, 1 still open"),
        "{}",
        texts[2]
    );
    assert!(texts[2].contains(&open), "{}", texts[2]);
    assert!(!texts[2].contains('✅'), "{}", texts[2]);
}
