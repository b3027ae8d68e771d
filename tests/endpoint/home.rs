//! The Home tab: opens at once with stored data, and stays within Slack's limits with any number
//! of members.

use std::collections::BTreeSet;

use securityhub_members::demo::LoopbackServer;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{AIKO, Fault, Home, Input, Modal, Place, Press, SAM};
use securityhub_members::emails::Emails;
use securityhub_members::slack::admission::Allowed;
use securityhub_members::slack::ids::UserId;
use securityhub_members::slack::installation::Installation;
use securityhub_members::slack::view::cases::MENU;
use securityhub_members::slack::view::home::{
    CHECK, CLEAR, CLEAR_FILTER, DATE, FILTER, FIND, NEXT, PREVIOUS,
};
use securityhub_members::slack::view::list_kind;
use securityhub_members::slack::view::lists;
use securityhub_members::text::Locale;
use serde_json::{Value, json};

use crate::case_buttons::{digest_of, place};
use crate::support::{
    IRELAND, PATIENCE, Setup, VIRGINIA, World, accounts, id, member, members, read,
};

pub(crate) fn text(home: &Home) -> String {
    read(home.view["blocks"].as_array().unwrap())
}

impl World {
    /// The person's tab after this many publications.
    pub(crate) async fn published(&self, user: &str, times: usize) -> Home {
        let home = self.slack.wait_for(PATIENCE, |workspace| {
            let home = workspace.homes.get(user)?;
            (home.published >= times).then(|| home.clone())
        });
        home.await.unwrap()
    }

    pub(crate) async fn open(&self, user: &str) -> String {
        let before = self.slack.home(user).map_or(0, |home| home.published);
        assert!(self.slack.open_home(user).await.acknowledged());
        text(&self.published(user, before + 1).await)
    }

    /// Chooses something in the tab, and returns its new content.
    async fn choose(&self, user: &str, action: &str, input: Input) -> String {
        let before = self.slack.home(user).unwrap().published;
        let press = Press::with(action, input);
        let sent = self.slack.act(user, &Place::Home, &press).await.unwrap();
        assert!(sent.acknowledged(), "{sent:?}");
        text(&self.published(user, before + 1).await)
    }

    /// Chooses a filter in its form, and returns the tab that follows.
    async fn filter(&self, user: &str, field: &str, value: &str) -> String {
        let press = Press::click(FILTER);
        self.slack.act(user, &Place::Home, &press).await.unwrap();
        self.modal_with(user, "Status").await;
        self.slack.fill(user, field, option(value)).unwrap();
        let before = self.slack.home(user).unwrap().published;
        self.slack.submit(user).await.unwrap();
        assert_eq!(self.slack.modal(user).map(|modal| modal.view), None);
        text(&self.published(user, before + 1).await)
    }

    /// Opens a list from the tab, and returns its first page.
    async fn open_list(&self, user: &str, list: &str, words: &str) -> String {
        let home = self.slack.home(user).unwrap();
        let blocks = home.view["blocks"].as_array().unwrap();
        let button = |block: &&Value| {
            let button = &block["accessory"];
            button["action_id"] == list_kind::OPEN && button["value"] == list
        };
        let block = blocks.iter().find(button).unwrap();
        let press = Press::click(list_kind::OPEN).in_block(block["block_id"].as_str().unwrap());
        self.slack.act(user, &Place::Home, &press).await.unwrap();
        self.page(user, words).await
    }

    /// The page of the open list, once it shows these words.
    pub(crate) async fn page(&self, user: &str, words: &str) -> String {
        let read = |modal: &Modal| read(modal.view["blocks"].as_array().unwrap());
        let found = self.slack.wait_for(PATIENCE, |workspace| {
            let page = read(workspace.modals.get(user)?.last()?);
            page.contains(words).then_some(page)
        });
        let found = found.await;
        found.unwrap_or_else(|_| panic!("{words:?} is not in {:?}", self.slack.modal(user)))
    }

    /// Turns to another page of the open list.
    async fn turn(&self, user: &str, action: &str, words: &str) -> String {
        let press = Press::click(action);
        self.slack.act(user, &Place::Modal, &press).await.unwrap();
        self.page(user, words).await
    }

    /// Presses *Check now*, and waits until the tab, then published this many times, shows that
    /// the check is running.
    async fn begin_check(&self, published: usize) {
        let press = Press::click(CHECK);
        self.slack.act(SAM, &Place::Home, &press).await.unwrap();
        let shown = text(&self.published(SAM, published).await);
        assert!(shown.contains("Checking"), "{shown}");
    }

    /// Finishes a check that waited for Ireland. The tab shows the result with the filter
    /// Virginia, where account 77 is new.
    async fn assert_the_check_is_shown_in_virginia(&self) {
        self.aws.heal(IRELAND);
        self.finish().await;
        let home = self.slack.home(SAM).unwrap();
        let shown = text(&home);
        assert!(
            shown.contains(&id(77)) && !shown.contains("Checking"),
            "{shown}"
        );
        let kept = home.view["private_metadata"].as_str().unwrap();
        assert!(kept.contains(VIRGINIA), "{kept}");
    }

    /// Presses *Check now*, and waits until the check has ended.
    async fn check_now(&self, user: &str) {
        let press = Press::click(CHECK);
        self.slack.act(user, &Place::Home, &press).await.unwrap();
        self.finish().await;
    }
}

fn option(value: &str) -> Input {
    Input::Option(value.to_owned())
}

/// Two Regions, yesterday and today. The endpoint runs until the server is dropped.
async fn two_regions() -> (World, LoopbackServer) {
    let world = World::with(Setup {
        regions: vec![IRELAND.to_owned(), VIRGINIA.to_owned()],
        ..Setup::default()
    })
    .await;
    world
        .aws
        .set_members(VIRGINIA, vec![member(8, "Enabled"), member(9, "Invited")]);
    world
        .poll_at(
            "2026-11-18T10:00:00Z",
            "1 Enabled, 2 Enabled, 3 AccountSuspended",
        )
        .await;
    world.poll_at("2026-11-19T10:00:00Z", "2 Resigned").await;
    let server = world.listen().await;
    (world, server)
}

#[tokio::test]
async fn the_tab_opens_from_what_is_stored() {
    let (world, _server) = two_regions().await;
    // AWS would not answer now.
    world
        .aws
        .in_every_region(|region| world.aws.fail(region, HubFault::Hang));
    let asked = world.aws.requests(IRELAND) + world.aws.requests(VIRGINIA);
    world.set("2026-11-19T10:25:00Z");
    let home = world.open(SAM).await;
    for wanted in [
        "# 🟠 1 account needs attention",
        &format!("🔴 *{}*", id(2)),
        "Checked 25 min ago · both Regions read · next digest Fri 20 Nov 09:00 (UTC)",
        "*Known gaps: 1 not Enabled*",
        &format!("Oldest: {}, 18 days", id(3)),
        "*Enabled: 2 of 5 memberships (40%)*",
        "Most not Enabled: eu-west-1 2, us-east-1 1",
        "*Not Enabled, 2 days: 2 → 3*",
        "*Last 7 days* · 1 left",
        "Thu 19 Nov: 1 left",
        "[Check now]",
    ] {
        assert!(home.contains(wanted), "{wanted} is not in {home}");
    }
    world.finish().await;
    let asked_now = world.aws.requests(IRELAND) + world.aws.requests(VIRGINIA);
    assert_eq!(asked_now, asked);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_tab_opens_before_anything_was_read() {
    let world = World::with(Setup {
        locale: Locale::Ja,
        ..Setup::default()
    })
    .await;
    let _server = world.listen().await;
    let home = world.open(AIKO).await;
    assert!(home.contains("メンバー"), "{home}");
    assert!(accounts(&home).is_empty());
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn choices_narrow_what_is_shown_and_are_kept_until_they_are_taken_back() {
    let (world, _server) = two_regions().await;
    let all = world.open(SAM).await;
    assert!(all.contains(&id(2)) && !all.contains(&id(9)), "{all}");

    let virginia = world.filter(SAM, "region", VIRGINIA).await;
    assert!(virginia.contains("Filter: us-east-1\n"), "{virginia}");
    assert!(virginia.contains(&id(9)) && !virginia.contains(&id(2)));
    assert!(virginia.contains("1 of 2 members"), "{virginia}");
    let enabled = world.filter(SAM, "status", "Enabled").await;
    assert!(
        enabled.contains("Filter: us-east-1 · Enabled\n"),
        "{enabled}"
    );
    assert!(enabled.contains(&id(8)) && !enabled.contains(&id(9)));
    let dated = Input::Date("2026-11-18".to_owned());
    let dated = world.choose(SAM, DATE, dated).await;
    assert!(dated.contains("Security Hub members · Wed 18 Nov 2026"));
    assert!(dated.contains("[Back to now]"), "{dated}");
    // Each person has their own tab.
    let again = world.open(SAM).await;
    assert!(again.contains("· Wed 18 Nov 2026") && again.contains(&id(8)));
    assert!(world.open(AIKO).await.contains(&id(2)));

    let cleared = world.choose(SAM, CLEAR, Input::Click).await;
    assert!(!cleared.contains("· Wed 18 Nov 2026"), "{cleared}");
    let in_virginia = world.filter(SAM, "status", "*").await;
    assert!(in_virginia.contains("Filter: us-east-1\n"), "{in_virginia}");
    let all_again = world.choose(SAM, CLEAR_FILTER, Input::Click).await;
    assert_eq!(all_again, all);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_date_without_a_snapshot_is_an_answer_in_the_tab_too() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    for (date, words) in [
        ("2026-11-01", "No data"),
        ("2027-01-01", "is in the future"),
    ] {
        let dated = Input::Date(date.to_owned());
        let shown = world.choose(SAM, DATE, dated).await;
        assert!(shown.contains(words), "{shown}");
        assert!(shown.contains(&id(2)), "the rest stays: {shown}");
    }
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn check_now_reads_every_region_and_says_that_it_does() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    world.set("2026-11-19T12:00:00Z");
    world.list("1 Removed");
    let asked = [world.aws.requests(IRELAND), world.aws.requests(VIRGINIA)];
    world.check_now(SAM).await;
    let views = world.slack.calls_of("views.publish");
    let [.., checking, done] = views.as_slice() else {
        panic!("published {} times", views.len());
    };
    assert!(checking.arguments.to_string().contains("Checking"));
    let done = read(done.arguments["view"]["blocks"].as_array().unwrap());
    assert!(done.contains("Checked just now") && done.contains(&id(1)));
    assert_eq!(world.aws.requests(IRELAND), asked[0] + 1);
    assert_eq!(world.aws.requests(VIRGINIA), asked[1] + 1);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn an_action_on_an_outdated_view_overwrites_nothing_and_is_no_error() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    let old = world.slack.home(SAM).unwrap();
    world.filter(SAM, "region", VIRGINIA).await;
    let newer = world.slack.home(SAM).unwrap();
    let opened = json!({
        "type": "app_home_opened", "user": SAM, "tab": "home",
        "view": { "hash": old.hash, "private_metadata": old.view["private_metadata"] },
    });
    assert!(world.slack.event(opened, None).await.acknowledged());
    let refused = world.slack.wait_for(PATIENCE, |workspace| {
        let last = workspace.calls.last()?;
        (last.answer["error"] == "hash_conflict").then_some(())
    });
    refused.await.unwrap();
    assert_eq!(world.slack.home(SAM).unwrap().view, newer.view);
    assert!(world.open(SAM).await.contains(&id(9)));
    world.finish().await;
    assert_eq!(
        world.slack.calls_of("views.publish").len(),
        4,
        "not insisted"
    );
}

#[tokio::test]
async fn a_choice_during_a_live_check_is_shown_with_its_result() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    world
        .aws
        .set_members(VIRGINIA, vec![member(77, "Resigned")]);
    world.aws.fail(IRELAND, HubFault::Hang);
    world.begin_check(2).await;
    let shown = world.filter(SAM, "region", VIRGINIA).await;
    assert!(shown.contains("Checking"), "{shown}");
    world.assert_the_check_is_shown_in_virginia().await;
}

#[tokio::test]
async fn after_two_clicks_and_a_reopened_tab_the_results_of_the_checks_are_shown() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    world
        .aws
        .set_members(VIRGINIA, vec![member(77, "Resigned")]);
    world.aws.fail(IRELAND, HubFault::Hang);
    world.begin_check(2).await;
    world.begin_check(3).await;
    let shown = world.filter(SAM, "region", VIRGINIA).await;
    assert!(shown.contains("Checking"), "{shown}");
    let shown = world.open(SAM).await;
    assert!(shown.contains("Checking"), "{shown}");
    world.assert_the_check_is_shown_in_virginia().await;
}

#[tokio::test]
async fn a_check_whose_beginning_could_not_be_shown_shows_its_end() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    world
        .aws
        .set_members(VIRGINIA, vec![member(77, "Resigned")]);
    let conflict = Fault::Refuse("hash_conflict".to_owned());
    world.slack.fail_next("views.publish", conflict);
    world.check_now(SAM).await;
    let shown = text(&world.slack.home(SAM).unwrap());
    assert!(shown.contains(&id(77)), "{shown}");
}

#[tokio::test]
async fn a_tab_that_slack_refuses_comes_as_text() {
    let (world, _server) = two_regions().await;
    for code in ["invalid_blocks", "invalid_arguments", "view_too_large"] {
        let refused = Fault::Refuse(code.to_owned());
        world.slack.fail_next("views.publish", refused);
        let home = world.open(SAM).await;
        assert!(
            home.contains(&id(2)) && !home.contains('['),
            "{code}: {home}"
        );
        // The choice stays.
        let view = world.slack.home(SAM).unwrap().view;
        assert!(view["private_metadata"].is_string(), "{code}");
    }
    assert!(world.open(SAM).await.contains("[Check now]"));
}

#[tokio::test]
async fn a_region_that_cannot_be_read_is_shown_as_it_was_with_its_age() {
    let (world, _server) = two_regions().await;
    world.aws.fail(VIRGINIA, HubFault::AccessDenied);
    world.set("2026-11-19T11:00:00Z");
    world.watch.poller.poll_all().await;
    world.set("2026-11-22T11:00:00Z");
    world.watch.poller.poll_all().await;
    let home = world.open(SAM).await;
    for wanted in [
        "us-east-1: polling has failed for 3 days",
        "access denied",
        "data from Thu 19 Nov 10:00",
        "1 of 2 Regions read",
        "*Last 7 days* · 1 left · not compared: us-east-1",
    ] {
        assert!(home.contains(wanted), "{wanted} is not in {home}");
    }
    let table = world.open_list(SAM, "regions", "us-east-1").await;
    let row = table.lines().find(|line| line.starts_with("us-east-1 "));
    let row = row.unwrap().trim_end_matches('`');
    let cells: Vec<_> = row.split_whitespace().collect();
    assert_eq!(cells, ["us-east-1", "⚠️", "3", "days", "1", "1"], "{table}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn addresses_are_shown_only_where_a_setting_allows_it() {
    for (emails, shown) in [(Emails::Nowhere, false), (Emails::Home, true)] {
        let world = World::with(Setup {
            emails,
            ..Setup::default()
        })
        .await;
        let _server = world.listen().await;
        world.poll_at("2026-11-18T10:00:00Z", "1 Enabled").await;
        world.poll_at("2026-11-19T10:00:00Z", "1 Resigned").await;
        world.open(SAM).await;
        let left = world.filter(SAM, "status", "Resigned").await;
        assert_eq!(left.contains("aws+1@example.com"), shown, "{left}");
        let dated = Input::Date("2026-11-19".to_owned());
        let dated = world.choose(SAM, DATE, dated).await;
        assert_eq!(dated.contains("aws+1@example.com"), shown, "{dated}");
        let answer = world.ask(SAM, "today").await;
        assert!(!read(&answer.blocks).contains("aws+1@example.com"));
        let today = world.watch.calendar.today();
        world
            .watch
            .deliveries
            .deliver(&world.channel(), today)
            .await
            .unwrap();
        let digest = world
            .slack
            .workspace()
            .messages(securityhub_members::demo::slack::CHANNEL);
        assert!(!format!("{digest:?}").contains("aws+1@example.com"));
    }
}

#[tokio::test]
async fn ten_thousand_members_of_which_3000_left_fit_and_can_be_paged_through() {
    let world = World::new().await;
    let _server = world.listen().await;
    world
        .aws
        .set_members(IRELAND, members(10_000, |_| "Enabled"));
    world.poll().await;
    world.set("2026-11-19T10:00:00Z");
    let left = |number| {
        if number < 3_000 {
            "Resigned"
        } else {
            "Enabled"
        }
    };
    world.aws.set_members(IRELAND, members(10_000, left));
    world.poll().await;
    let home = world.open(SAM).await;
    assert!(
        home.contains("3000 left") && home.contains("7000 of 10000 members (70%)"),
        "{home}"
    );
    let title = "# 🟠 3000 accounts need attention\n";
    assert!(home.starts_with(title), "{home}");
    assert!(home.contains("*and 2995 more open*\n"), "{home}");
    let all = world.open_list(SAM, "all", "Page 1 of 200").await;
    assert!(all.contains(&id(0)) && !all.contains(&id(15)), "{all}");
    let next = world.turn(SAM, lists::NEXT, "Page 2 of 200").await;
    assert!(next.contains(&id(15)) && !next.contains(&id(0)), "{next}");
    world.turn(SAM, lists::PREVIOUS, "Page 1 of 200").await;
    world.slack.close_modal(SAM);
    let dated = Input::Date("2026-11-19".to_owned());
    let dated = world.choose(SAM, DATE, dated).await;
    assert!(dated.contains("· Thu 19 Nov 2026"));
    let enabled = world.filter(SAM, "status", "Enabled").await;
    assert!(enabled.contains("Page 1 of 467") && enabled.contains(&id(3_000)));
    let next = world.choose(SAM, NEXT, Input::Click).await;
    assert!(
        next.contains("Page 2 of 467") && next.contains(&id(3_015)),
        "{next}"
    );
    let back = world.choose(SAM, PREVIOUS, Input::Click).await;
    assert!(back.contains("Page 1 of 467"));
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn seventeen_regions_fit_and_every_member_can_be_reached() {
    let regions: Vec<_> = (1..=17).map(|number| format!("eu-west-{number}")).collect();
    let world = World::with(Setup {
        regions: regions.clone(),
        ..Setup::default()
    })
    .await;
    let _server = world.listen().await;
    for (index, region) in regions.iter().enumerate() {
        // Every tenth account is not Enabled, each in one Region only.
        let standing = |number: usize| {
            if number.is_multiple_of(10) && number / 10 % 17 == index {
                "Resigned"
            } else {
                "Enabled"
            }
        };
        world.aws.set_members(region, members(600, standing));
    }
    world.poll().await;
    let home = world.open(SAM).await;
    assert!(home.contains("*Known gaps: 60 not Enabled*"), "{home}");
    let mut page = world.open_list(SAM, "known", "Page 1 of 4").await;
    let mut met = BTreeSet::from_iter(accounts(&page));
    for number in 2..=4 {
        let words = format!("Page {number} of 4");
        page = world.turn(SAM, lists::NEXT, &words).await;
        met.extend(accounts(&page));
    }
    assert!(!page.contains("[Next ›]"), "{page}");
    let wanted: BTreeSet<_> = (0..60).map(|number| id(number * 10)).collect();
    assert_eq!(met, wanted);
    let one = world.filter(SAM, "region", "eu-west-17").await;
    let listed: BTreeSet<_> = accounts(&one).into_iter().collect();
    assert_eq!(listed, [id(160), id(330), id(500)].into());
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_history_of_two_days_is_enough_to_say_that_nothing_changed() {
    let world = World::new().await;
    let _server = world.listen().await;
    world.poll_at("2026-11-18T10:00:00Z", "1 Enabled").await;
    let first = world.open(SAM).await;
    assert!(
        !first.contains("No changes"),
        "nothing was compared: {first}"
    );
    world.poll_at("2026-11-19T10:00:00Z", "").await;
    let second = world.open(SAM).await;
    let line = "*Last 7 days* · ✅ No changes";
    assert!(second.contains(line), "{second}");
    assert!(second.starts_with("# ✅ Nothing is open\n"), "{second}");
    world.aws.fail(IRELAND, HubFault::AccessDenied);
    world.watch.poller.poll_all().await;
    let blind = world.open(SAM).await;
    assert!(blind.starts_with("# Security Hub members\n"), "{blind}");
}

#[tokio::test]
async fn an_account_is_found_by_its_name_or_id_in_a_modal() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    for (typed, said) in [
        (id(2), "*History (1)*"),
        ("nobody-at-all".to_owned(), "nobody-at-all"),
        ("2026-11-18".to_owned(), "2026-11-18"),
    ] {
        let press = Press::click(FIND);
        world.slack.act(SAM, &Place::Home, &press).await.unwrap();
        world.modal_with(SAM, "Name or account ID").await;
        world.slack.fill(SAM, "name", Input::Text(typed)).unwrap();
        world.slack.submit(SAM).await.unwrap();
        world.page(SAM, said).await;
        world.slack.close_modal(SAM);
    }
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn known_gaps_are_gone_through_one_by_one() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    let list = world.open_list(SAM, "known", "no owner").await;
    assert!(list.contains(&id(3)), "{list}");
    let menu = |verb: &str| {
        let modal = world.slack.modal(SAM).unwrap();
        let block = &modal.view["blocks"][0];
        let options = block["accessory"]["options"].as_array().unwrap();
        let values = options.iter().filter_map(|option| option["value"].as_str());
        let value = values
            .clone()
            .find(|value| value.starts_with(verb))
            .unwrap();
        Press::with(MENU, option(value)).in_block(block["block_id"].as_str().unwrap())
    };
    // The text opens on top of the list, and the list is there again below it.
    world
        .slack
        .act(SAM, &Place::Modal, &menu("history"))
        .await
        .unwrap();
    world.page(SAM, "*Now*").await;
    world.slack.close_modal(SAM);
    world.page(SAM, "no owner").await;

    world
        .slack
        .act(SAM, &Place::Modal, &menu("take"))
        .await
        .unwrap();
    world.page(SAM, "None.").await;
    let home = text(&world.published(SAM, 2).await);
    assert!(
        home.starts_with("# 🟠 2 accounts need attention\n"),
        "{home}"
    );
    assert!(!home.contains("Known gaps"), "{home}");
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn all_cases_of_a_digest_are_listed_and_taken_without_touching_the_home_tab() {
    let mut world = World::new().await;
    let allowed = [UserId::parse(SAM).unwrap()];
    world.allow(Allowed {
        case_users: allowed.into(),
        ..Allowed::default()
    });
    let _server = world.listen().await;
    let statuses = |status| (1..=7).map(move |number| format!("{number} {status}"));
    let list = |status| statuses(status).collect::<Vec<_>>().join(", ");
    let digest = digest_of(&world, &list("Enabled"), &list("Resigned")).await;
    for (user, may) in [(AIKO, false), (SAM, true)] {
        let show = Press::click(list_kind::OPEN);
        let pressed = world.slack.act(user, &place(&digest), &show).await;
        assert!(pressed.unwrap().acknowledged());
        let page = world.page(user, &id(7)).await;
        let listed: BTreeSet<_> = accounts(&page).into_iter().collect();
        assert_eq!(listed.len(), 7, "{page}");
        let modal = world.slack.modal(user).unwrap();
        let options = modal.view["blocks"][0]["accessory"]["options"].clone();
        let options = options.as_array().unwrap();
        let mut values = options.iter().filter_map(|option| option["value"].as_str());
        let take = values.find(|value| value.starts_with("take ")).unwrap();
        let take = Press::with(MENU, option(take));
        world.slack.act(user, &Place::Modal, &take).await.unwrap();
        if may {
            world.page(user, "👀 <@U0SAM>").await;
        } else {
            world.page(user, "You can't take or accept cases").await;
        }
    }
    world.finish().await;
    assert!(world.slack.home(SAM).is_none());
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_list_that_slack_does_not_open_in_time_is_named() {
    let world = World::new().await;
    let _server = world.listen().await;
    let statuses = |status| (1..=7).map(move |number| format!("{number} {status}"));
    let list = |status| statuses(status).collect::<Vec<_>>().join(", ");
    let digest = digest_of(&world, &list("Enabled"), &list("Resigned")).await;
    let late = Fault::Refuse("expired_trigger_id".to_owned());
    world.slack.fail_next("views.open", late);
    let show = Press::click(list_kind::OPEN);
    let said = world.press_case(SAM, &digest, &show).await;
    let text = "⚠️ Slack didn't open “All cases” in time. Press the button again.";
    assert_eq!(said, text);
}

#[tokio::test]
async fn a_modal_that_slack_does_not_open_from_a_view_is_named_in_that_view() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    let late = || Fault::Refuse("expired_trigger_id".to_owned());
    world.slack.fail_next("views.open", late());
    let before = world.slack.home(SAM).unwrap().published;
    let find = Press::click(FIND);
    world.slack.act(SAM, &Place::Home, &find).await.unwrap();
    let home = text(&world.published(SAM, before + 1).await);
    let said = "⚠️ Slack didn't open “Find an account” in time. Press the button again.";
    let title = home.lines().next().unwrap();
    assert!(home.starts_with(&format!("{title}\n{said}\n")), "{home}");
    let again = world.open(SAM).await;
    assert!(!again.contains("didn't open"), "{again}");

    let all = Press::click(list_kind::OPEN);
    world.slack.act(SAM, &Place::Home, &all).await.unwrap();
    let page = world.page(SAM, &id(3)).await;
    world.slack.fail_next("views.push", late());
    let modal = world.slack.modal(SAM).unwrap();
    let options = modal.view["blocks"][0]["accessory"]["options"].clone();
    let options = options.as_array().unwrap().iter();
    let mut values = options.filter_map(|option| option["value"].as_str());
    let history = values.find(|value| value.starts_with("history ")).unwrap();
    let history = Press::with(MENU, Input::Option(history.to_owned()));
    world.slack.act(SAM, &Place::Modal, &history).await.unwrap();
    let said = "⚠️ Slack didn't open “History” in time. Press the button again.\n";
    let now = world.page(SAM, "didn't open").await;
    assert_eq!(now, format!("{said}{page}"));
}

#[tokio::test]
async fn the_forms_of_the_tab_do_nothing_for_another_workspace_or_before_slack_confirms_it() {
    for (action, field) in [(FIND, "name"), (FILTER, "region")] {
        for is_known in [true, false] {
            let (world, server) = two_regions().await;
            world.open(SAM).await;
            let press = Press::click(action);
            world.slack.act(SAM, &Place::Home, &press).await.unwrap();
            let typed = match action {
                FIND => Input::Text(id(2)),
                _ => option(VIRGINIA),
            };
            let label = if action == FIND {
                "Name or account ID"
            } else {
                "Status"
            };
            world.modal_with(SAM, label).await;
            world.slack.fill(SAM, field, typed).unwrap();
            drop(server);
            let _server = match is_known {
                true => {
                    world.slack.set_team("T0OTHER", None);
                    world.listen().await
                }
                false => world.listen_at(Installation::default()).await,
            };
            let (published, updates) = (
                world.slack.home(SAM).unwrap().published,
                world.slack.calls_of("views.update").len(),
            );
            assert!(world.slack.submit(SAM).await.unwrap().acknowledged());
            if is_known {
                // The form closes without a word.
                assert!(world.slack.modal(SAM).is_none());
            } else {
                world.page(SAM, "Slack hasn't confirmed").await;
            }
            world.finish().await;
            assert_eq!(world.slack.home(SAM).unwrap().published, published);
            assert_eq!(world.slack.calls_of("views.update").len(), updates);
        }
    }
}

#[tokio::test]
async fn the_forms_of_the_tab_are_for_those_who_may_use_it() {
    for (action, label) in [(FIND, "アカウント名または ID"), (FILTER, "ステータス")] {
        let mut world = World::with(Setup {
            locale: Locale::Ja,
            ..Setup::default()
        })
        .await;
        world.poll_at("2026-11-18T10:00:00Z", "1 Enabled").await;
        let server = world.listen().await;
        world.open(SAM).await;
        let press = Press::click(action);
        world.slack.act(SAM, &Place::Home, &press).await.unwrap();
        world.modal_with(SAM, label).await;
        if action == FIND {
            world.slack.fill(SAM, "name", Input::Text(id(1))).unwrap();
        }
        // The bot starts again, and the person is no longer on the list.
        drop(server);
        world.allow(Allowed {
            users: [UserId::parse(AIKO).unwrap()].into(),
            ..Allowed::default()
        });
        let _server = world.listen().await;
        let published = world.slack.home(SAM).unwrap().published;
        world.slack.submit(SAM).await.unwrap();
        let said = world.page(SAM, "利用権限がありません").await;
        assert!(!said.contains(&id(1)), "{said}");
        world.finish().await;
        assert_eq!(world.slack.home(SAM).unwrap().published, published);
    }
}

#[tokio::test]
async fn a_name_that_fits_several_accounts_is_answered_with_their_names() {
    let (world, _server) = two_regions().await;
    world.open(SAM).await;
    let press = Press::click(FIND);
    world.slack.act(SAM, &Place::Home, &press).await.unwrap();
    world.modal_with(SAM, "Name or account ID").await;
    let shortened = id(2)[..11].to_owned();
    world
        .slack
        .fill(SAM, "name", Input::Text(shortened.clone()))
        .unwrap();
    world.slack.submit(SAM).await.unwrap();
    let said = world.page(SAM, &shortened).await;
    assert!(
        !said.contains("“account "),
        "a word that nobody typed: {said}"
    );
    world.assert_slack_took_everything();
}
