//! Failed live checks: the headline says so, and nothing that was not checked is called
//! unchanged.

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::UTC;
use securityhub_members::domain::hub::{HubFilter, UncheckedReason, UnreadReason};
use securityhub_members::domain::query::{Query, parse};
use securityhub_members::slack::view::home::{self, HomeFilter, HomeTab};
use securityhub_members::slack::view::list_kind::ListKind;
use securityhub_members::slack::view::lists::{self, ListPage};
use securityhub_members::text::Locale;
use securityhub_members::text::document::{Document, Line};
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::{Answer, Watch};

use crate::support::crash::{Fault, Fuse};
use crate::support::wire::Refusal;
use crate::support::{World, date, hub, time};

const ALWAYS: usize = usize::MAX;

fn voice(locale: Locale) -> Voice {
    Voice::new(locale, UTC)
}

/// All visible lines.
fn lines(document: &Document) -> Vec<String> {
    let lists = document.all_lists();
    let lists = lists.flat_map(|list| std::iter::once(&list.heading).chain(&list.items));
    let lines = document.lead.iter().chain(lists).chain(&document.notes);
    lines.map(Line::plain).collect()
}

/// The text of the Home tab.
async fn home(watch: &Watch, locale: Locale) -> String {
    let overview = watch
        .overviews
        .overview(&HubFilter::ALL, None)
        .await
        .unwrap();
    let shown = HomeTab {
        overview: &overview,
        on_date: None,
        hubs: &watch.hubs.list(),
        chosen: &HomeFilter::default(),
        checking: false,
        remark: None,
        next_digest: None,
        no_news: None,
    };
    serde_json::to_string(&home::render(&shown, &voice(locale))).unwrap()
}

/// Six accounts that were Enabled at 9:00, with their statuses at 14:00.
async fn afternoon(now: &str) -> World {
    let world = World::at("2026-11-25T09:00:00Z", UTC).await;
    world.list("1 Enabled, 2 Enabled, 3 Enabled, 4 Enabled, 5 Enabled, 6 Enabled");
    world.poll().await;
    world.set("2026-11-25T14:00:00Z");
    if !now.is_empty() {
        world.list(now);
    }
    world
}

/// Asserts that every answer of this process begins with the failed check, and contains no
/// all-clear.
async fn assert_in_doubt(watch: &Arc<Watch>, case: &str) {
    let questions = ["", "today", "status resigned", "status", "000000000002"];
    for locale in [Locale::En, Locale::Ja] {
        let failed = match locale {
            Locale::En => "Live check failed",
            Locale::Ja => "最新の取得に失敗",
        };
        for text in questions {
            let query = parse(text, watch.calendar.today()).unwrap();
            let answer = watch.answers.answer_from_store(&query).await.unwrap();
            let document = voice(locale).answer(&answer);
            let said = lines(&document);
            let case = format!("{case}, {text:?}: {said:#?}");
            assert!(said[0].contains(failed), "{case}");
            assert!(said[0].contains("09:00"), "{case}");
            assert!(!said.concat().contains('✅'), "{case}");
            assert!(!answer.is_shareable(), "{case}");
        }
        let home = home(watch, locale).await;
        assert!(home.contains(failed), "{case}: {home}");
        for good in ["✅", "All members are Enabled", "すべてのメンバーが有効"] {
            assert!(!home.contains(good), "{case}: {home}");
        }
    }
}

#[tokio::test]
async fn a_check_that_could_not_be_stored_is_said_first_and_gives_no_all_clear() {
    let left = "2 Resigned, 3 Resigned, 4 -, 5 -, 6 Removed";
    // The list, the failing operation, its error code, and the expected reason.
    for (now, operation, code, reason) in [
        (
            left,
            "TransactWriteItems",
            "AccessDeniedException",
            UncheckedReason::NotStored,
        ),
        (
            left,
            "TransactWriteItems",
            "InternalServerError",
            UncheckedReason::NotStored,
        ),
        (
            left,
            "TransactWriteItems",
            "TransactionCanceledException",
            UncheckedReason::Contended,
        ),
        (
            "",
            "UpdateItem",
            "AccessDeniedException",
            UncheckedReason::NotStored,
        ),
    ] {
        let world = afternoon(now).await;
        let refusal = Refusal::new(operation, code, ALWAYS);
        let store = world.table.refusing_store(&world.clock, &refusal, 1);
        let watch = world.watch_over(Arc::new(store));
        let case = format!("{code} to {operation}");

        let answer = watch.live.answer(&Query::Now).await.unwrap();
        assert!(!answer.is_checked(), "{case}");
        let Answer::Report(reported) = &answer else {
            panic!("{answer:?}")
        };
        let unchecked = reported.report.hubs[0].unchecked.unwrap();
        assert_eq!(unchecked.reason, reason, "{case}");
        assert_eq!(unchecked.at, time("2026-11-25T14:00:00Z"), "{case}");
        let json = serde_json::to_value(&answer).unwrap();
        let shown = json.pointer("/report/report/hubs/0/unchecked/reason");
        assert!(shown.is_some(), "{json}");
        assert_in_doubt(&watch, &case).await;

        // A successful check, also of another process, ends the failure.
        let other = world.watch();
        world.set("2026-11-25T14:05:00Z");
        let answer = other.live.answer(&Query::Now).await.unwrap();
        assert!(answer.is_checked() && answer.is_shareable(), "{case}");
        let seen = watch.answers.answer_from_store(&Query::Now).await.unwrap();
        assert!(seen.is_checked(), "{case}: {seen:?}");
    }
}

#[tokio::test]
async fn a_check_that_could_not_read_the_table_or_leave_its_failure_there_says_so_too() {
    let world = afternoon("2 Resigned").await;
    // The poll fails to read the hub, but the answer can.
    let refusal = Refusal::new("GetItem", "AccessDeniedException", 1);
    let store = world.table.refusing_store(&world.clock, &refusal, 1);
    let watch = world.watch_over(Arc::new(store));
    let answer = watch.live.answer(&Query::Now).await.unwrap();
    assert_eq!((refusal.left(), answer.is_checked()), (0, false));
    assert_in_doubt(&watch, "the head").await;
    let answer = watch.live.answer(&Query::Now).await.unwrap();
    assert!(answer.is_checked(), "the next one succeeds");

    let world = afternoon("").await;
    world.fail(UnreadReason::AccessDenied);
    for operation in ["UpdateItem", "PutItem"] {
        let refusal = Refusal::new(operation, "AccessDeniedException", ALWAYS);
        let store = world.table.refusing_store(&world.clock, &refusal, 1);
        let watch = world.watch_over(Arc::new(store));
        let answer = watch.live.answer(&Query::Now).await.unwrap();
        assert!(!answer.is_checked(), "{operation}");
        let said = lines(&voice(Locale::En).answer(&answer)).concat();
        assert!(!said.contains('✅') && said.contains('⚠'), "{said}");
    }
}

#[tokio::test]
async fn a_list_that_was_not_stored_is_named_next_to_those_that_were() {
    let mut world = World::at("2026-11-24T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    world.list("1 Enabled, 2 Enabled");
    world.hubs.set(&hub("us-east-1"), 1, "Enabled");
    world.poll().await;
    world.poll_at("2026-11-25T09:00:00Z", "").await;
    world.set("2026-11-25T14:00:00Z");
    world.list("2 Resigned");
    let refusal = Refusal::new("TransactWriteItems", "AccessDeniedException", ALWAYS);
    let store = world.table.refusing_store(&world.clock, &refusal, 1);
    let watch = world.watch_over(Arc::new(store));
    let answer = watch.live.answer(&Query::Now).await.unwrap();
    let said = lines(&voice(Locale::En).answer(&answer));
    assert_eq!(
        said[..2],
        [
            "⚠️ Live check failed: couldn't store the result for eu-west-1 · data from Wed 25 Nov 09:00",
            "No changes in 1 of 2 Regions · not compared: eu-west-1",
        ]
    );
    // Answers about earlier days are not affected.
    let yesterday = Query::On(date("2026-11-24"));
    assert!(
        watch
            .answers
            .answer_from_store(&yesterday)
            .await
            .unwrap()
            .is_checked()
    );
}

#[tokio::test]
async fn a_hub_that_is_watched_since_the_check_began_is_not_called_checked() {
    let world = afternoon("").await;
    let watch = world.watch();
    assert!(watch.live.answer(&Query::Now).await.unwrap().is_checked());
    // Another hub fails.
    world.fail(UnreadReason::Throttled);
    let answer = watch.live.answer(&Query::Now).await.unwrap();
    assert!(!answer.is_checked(), "a list that was not read");
    world.hubs.recover(world.hub());
    assert!(watch.live.answer(&Query::Now).await.unwrap().is_checked());
}

#[tokio::test]
async fn an_account_with_two_statuses_counts_once_and_lists_that_were_never_read_are_named() {
    let mut world = World::at("2026-11-25T09:00:00Z", UTC).await;
    world.watched.extend([hub("us-east-1"), hub("us-west-2")]);
    world.list("1 Enabled, 2 Enabled");
    world.hubs.set(&hub("us-east-1"), 1, "Enabled");
    world
        .hubs
        .fail(&hub("us-west-2"), UnreadReason::AccessDenied);
    let watch = world.watch();
    watch.poller.poll_all().await;
    world.list("1 Resigned");
    world.hubs.set(&hub("us-east-1"), 1, "Removed");
    world.set("2026-11-25T14:00:00Z");
    let answer = watch.live.answer(&Query::Now).await.unwrap();
    let said = lines(&voice(Locale::En).answer(&answer));
    let text = said.join("\n");
    assert_eq!(said[0], "1 left · 1 removed · not compared: us-west-2");
    assert!(text.contains("Not Enabled (1)\n"), "{text}");
    let counts = "2 accounts in 2 Regions, 3 memberships: Enabled 1 · Removed 1 · Resigned 1 · not counted: us-west-2";
    assert!(text.contains(counts), "{text}");
    let query = parse("status enabled", watch.calendar.today()).unwrap();
    let answer = watch.answers.answer_from_store(&query).await.unwrap();
    let said = lines(&voice(Locale::En).answer(&answer));
    assert_eq!(said[0], "1 account · not read: us-west-2");
    let home = home(&watch, Locale::En).await;
    let share = "*Enabled: 1 of 3 memberships (33.3%)* · not read: us-west-2";
    assert!(home.contains(share), "{home}");
    let page = ListPage {
        list: ListKind::Regions,
        page: 0,
        home: None,
        channel: None,
    };
    let overview = watch.overviews.overview(&HubFilter::ALL, None).await;
    let table = lists::view(
        &page,
        &overview.unwrap(),
        &watch.hubs.list(),
        &voice(Locale::En),
    );
    let table = table.to_string();
    assert!(table.contains("us-west-2 ⚠️ &lt;1 day  "), "{table}");
    assert!(table.contains('–'), "{table}");
}

#[tokio::test]
async fn a_day_that_is_not_over_says_so() {
    let world = afternoon("2 Resigned").await;
    world.poll().await;
    for (locale, title, standing) in [
        (
            Locale::En,
            "Security Hub members · Wed 25 Nov 2026, so far",
            "Not Enabled (1)",
        ),
        (
            Locale::Ja,
            "Security Hub メンバー · 2026年11月25日(水)(途中経過)",
            "有効でないメンバー: 1件",
        ),
    ] {
        let answer = world.ask(&Query::On(date("2026-11-25"))).await;
        let document = voice(locale).answer(&answer);
        assert_eq!(document.title, title);
        let headings: Vec<_> = document.lists.iter().map(|l| l.heading.plain()).collect();
        assert!(headings.iter().any(|one| one == standing), "{headings:?}");
    }
    world.set("2026-11-26T09:00:00Z");
    let answer = world.ask(&Query::On(date("2026-11-25"))).await;
    let document = voice(Locale::En).answer(&answer);
    assert_eq!(document.title, "Security Hub members · Wed 25 Nov 2026");
    let headings: Vec<_> = document.lists.iter().map(|l| l.heading.plain()).collect();
    let over = "Not Enabled at end of Wed 25 Nov 2026 (1)";
    assert!(headings.iter().any(|one| one == over), "{headings:?}");
}

#[tokio::test]
async fn a_list_that_was_read_in_the_future_has_no_negative_age() {
    let world = afternoon("").await;
    world.poll().await;
    let checked = |said: Vec<String>| {
        let checked = said.into_iter().find(|line| line.contains("Checked"));
        checked.unwrap()
    };
    for (now, said) in [
        ("2026-11-25T13:58:00Z", "Checked just now"),
        (
            "2026-11-25T12:30:00Z",
            "Checked Wed 25 Nov 14:00, which is in the future: a clock is wrong",
        ),
    ] {
        world.set(now);
        let answer = world.ask(&Query::Now).await;
        assert_eq!(checked(lines(&voice(Locale::En).answer(&answer))), said);
        let japanese = lines(&voice(Locale::Ja).answer(&answer)).concat();
        assert!(!japanese.contains("-1時間"), "{japanese}");
    }
}

#[tokio::test]
async fn a_check_whose_answer_the_table_keeps_back_ends_in_time() {
    let world = World::at("2026-11-20T09:00:00Z", UTC).await;
    world.list("1 Enabled");
    // A poll without changes takes two requests.
    world.poll().await;
    let fuse = Fuse::at(3, Fault::Freeze);
    let watch = world.watch_over(world.fused_store(&fuse));
    let check = watch.live.check();
    let late = async {
        fuse.frozen().await;
        tokio::time::pause();
        tokio::time::sleep(Duration::from_secs(15 * 60)).await;
    };
    tokio::select! {
        answer = check => assert!(answer.is_err(), "{answer:?}"),
        () = late => panic!("the check takes longer than Slack waits"),
    }
}
