//! Several channels in Slack: each has its own part, in its language, and one that Slack refuses
//! keeps no other from its digest.

use chrono_tz::Tz;
use securityhub_members::demo::aws::HubFault;
use securityhub_members::demo::slack::{CHANNEL, Message, OTHER_CHANNEL, Place, Press, SAM};
use securityhub_members::domain::diff::ChangeKind;
use securityhub_members::domain::mention::Mentions;
use securityhub_members::domain::scope::{Audience, Scope};
use securityhub_members::slack::view::list_kind;
use securityhub_members::slack::view::regions::TAKE;
use securityhub_members::text::Locale;

use crate::case_buttons::choice;
use crate::support::{IRELAND, PATIENCE, Setup, VIRGINIA, World, id, read, time};

/// A channel about the accounts 1 and 2.
fn payments(locale: Locale, zone: Tz) -> Setup {
    let audience = Audience {
        name: Some("Payments".to_owned()),
        scope: Scope {
            accounts: [1, 2].map(|number| id(number).parse().unwrap()).into(),
            ..Scope::default()
        },
        ..Audience::of_everything(zone)
    };
    Setup {
        narrow: vec![(OTHER_CHANNEL, audience, locale)],
        ..Setup::default()
    }
}

/// A world in which both channels have a digest of 18 November, then accounts leave.
async fn both(setup: Setup, after: &str) -> World {
    let world = World::with(setup).await;
    world.slack.set_bot_is_member(OTHER_CHANNEL, true);
    world
        .poll_at(
            "2026-11-18T09:00:00Z",
            "1 Enabled, 2 Enabled, 3 Enabled, 4 Enabled",
        )
        .await;
    world.deliver().await.unwrap();
    world.deliver_narrow().await;
    world.poll_at("2026-11-19T07:00:00Z", after).await;
    world.set("2026-11-19T09:00:00Z");
    world
}

impl World {
    /// Today's digest of the other channel.
    async fn deliver_narrow(&self) {
        let channel = self.narrow(OTHER_CHANNEL);
        let today = self.watch.calendar.today();
        let deliveries = &self.watch.deliveries;
        deliveries.deliver(&channel, today).await.unwrap();
    }

    fn last(&self, channel: &str) -> Message {
        self.slack.messages(channel).pop().unwrap()
    }

    /// Everything that a channel and its threads say.
    fn all_text(&self, channel: &str) -> String {
        let messages = self.slack.messages(channel);
        let mut said = String::new();
        for message in messages {
            said += &message.text;
            said += &read(&message.blocks);
            for reply in self.slack.thread(channel, &message.ts) {
                said += &reply.text;
                said += &serde_json::to_string(&reply.blocks).unwrap();
            }
        }
        said
    }
}

#[tokio::test]
async fn a_team_reads_its_accounts_by_name_and_no_other() {
    let setup = payments(Locale::En, Tz::UTC);
    let world = both(setup, "2 Resigned, 3 Resigned, 4 Removed").await;
    world.deliver_narrow().await;
    let first = &world.slack.messages(OTHER_CHANNEL)[0];
    let said = read(&first.blocks);
    let gets = format!("👋 This channel gets: accounts `{}`, `{}`", id(1), id(2));
    assert!(said.contains(&gets), "{said}");
    assert!(said.contains("2 accounts"), "{said}");
    let digest = world.last(OTHER_CHANNEL);
    let left = format!("🔴 Payments: {} left Security Hub", id(2));
    assert!(digest.text.starts_with(&left), "{}", digest.text);
    assert!(read(&digest.blocks).contains(&left));
    let all = world.all_text(OTHER_CHANNEL);
    for other in [3, 4] {
        assert!(!all.contains(&id(other)), "{all}");
    }
    world.deliver().await.unwrap();
    let digest = world.last(CHANNEL);
    let everybody = format!("🔴 {} and {} left Security Hub", id(2), id(3));
    assert!(digest.text.starts_with(&everybody), "{}", digest.text);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_quiet_team_is_named_in_its_all_clear() {
    let world = both(payments(Locale::En, Tz::UTC), "3 Resigned").await;
    world.deliver_narrow().await;
    let digest = world.last(OTHER_CHANNEL);
    assert!(
        digest.text.starts_with("✅ Payments: no changes"),
        "{}",
        digest.text
    );
    let said = read(&digest.blocks);
    assert!(said.contains("*✅ Payments: no changes*"), "{said}");
    assert!(said.contains("2 accounts"), "{said}");
}

#[tokio::test]
async fn a_channel_of_some_kinds_has_no_all_clear() {
    let mut setup = payments(Locale::En, Tz::UTC);
    setup.narrow[0].1.scope.kinds = [ChangeKind::Left].into();
    let world = both(setup, "2 Removed").await;
    world.deliver_narrow().await;
    let digest = world.last(OTHER_CHANNEL);
    let said = format!("{} {}", digest.text, read(&digest.blocks));
    assert!(said.starts_with("Payments: no matching changes"), "{said}");
    assert!(
        !said.contains('✅') && !said.contains("nothing is open"),
        "{said}"
    );
    assert!(!said.contains(&id(2)), "{said}");
}

#[tokio::test]
async fn a_person_takes_the_failing_regions_of_their_channel_and_no_other() {
    const TOKYO: &str = "ap-northeast-1";
    let mut setup = payments(Locale::En, Tz::UTC);
    setup.regions.extend([VIRGINIA, TOKYO].map(str::to_owned));
    setup.narrow[0].1.scope = Scope {
        regions: [IRELAND, TOKYO]
            .map(|region| region.parse().unwrap())
            .into(),
        ..Scope::default()
    };
    let world = both(setup, "1 Enabled").await;
    let _server = world.listen().await;
    for region in [IRELAND, VIRGINIA, TOKYO] {
        world.aws.fail(region, HubFault::AccessDenied);
    }
    world.watch.poller.poll_all().await;
    world.set("2026-11-20T09:00:00Z");
    world.deliver_narrow().await;
    let digest = world.last(OTHER_CHANNEL);
    let place = Place::Message {
        channel: OTHER_CHANNEL.to_owned(),
        ts: digest.ts.clone(),
    };
    let press = Press::click(TAKE);
    world.slack.act(SAM, &place, &press).await.unwrap();
    world.finish().await;
    let failing = world.watch.cases.list().await.unwrap().failing;
    let taken = failing.iter().filter(|one| one.owner.is_some());
    let taken: Vec<_> = taken.map(|one| one.hub.region.as_str()).collect();
    assert_eq!(taken, [TOKYO, IRELAND]);
    assert!(!world.all_text(OTHER_CHANNEL).contains(VIRGINIA));
}

#[tokio::test]
async fn a_team_without_accounts_has_no_all_clear() {
    let mut setup = payments(Locale::En, Tz::UTC);
    setup.narrow[0].1.scope.accounts = [id(9).parse().unwrap()].into();
    let world = both(setup, "3 Resigned").await;
    world.deliver_narrow().await;
    let digest = world.last(OTHER_CHANNEL);
    let said = digest.text;
    let empty = "⚠️ Payments: no account matches this channel's conditions";
    assert!(said.starts_with(empty), "{said}");
}

#[tokio::test]
async fn each_channel_reads_a_decision_in_its_language_and_its_list_has_its_cases() {
    let setup = payments(Locale::Ja, Tz::Asia__Tokyo);
    let world = both(setup, "2 Resigned, 3 Resigned").await;
    let _server = world.listen().await;
    world.deliver().await.unwrap();
    world.deliver_narrow().await;
    let (ours, theirs) = (world.last(CHANNEL), world.last(OTHER_CHANNEL));
    assert!(theirs.text.contains("Payments: "), "{}", theirs.text);
    assert!(theirs.text.contains("離脱しました"), "{}", theirs.text);
    world
        .press_case(SAM, &ours, &choice(&ours, 2, "take"))
        .await;
    world
        .press_case(SAM, &ours, &choice(&ours, 3, "take"))
        .await;
    let told = world.slack.wait_for(PATIENCE, |workspace| {
        let thread = workspace.thread(OTHER_CHANNEL, &theirs.ts);
        let news = thread.iter().map(|reply| read(&reply.blocks));
        let news: Vec<_> = news.filter(|said| said.contains("👀")).collect();
        (!news.is_empty()).then_some(news)
    });
    let told = told.await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains(&id(2)) && told[0].contains("対応"),
        "{told:?}"
    );
    world.finish().await;
    let drawn = read(&world.last(OTHER_CHANNEL).blocks);
    assert!(drawn.contains("👀 <@U0SAM>"), "{drawn}");
    assert!(!world.all_text(OTHER_CHANNEL).contains(&id(3)));
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_list_behind_a_teams_digest_has_its_cases_alone() {
    let mut setup = payments(Locale::En, Tz::UTC);
    setup.narrow[0].1.scope.accounts = (1..8).map(|number| id(number).parse().unwrap()).collect();
    let world = World::with(setup).await;
    world.slack.set_bot_is_member(OTHER_CHANNEL, true);
    let members = |status: &str| {
        let members = (1..9).map(|number| format!("{number} {status}"));
        members.collect::<Vec<_>>().join(", ")
    };
    let enabled = members("Enabled");
    world.poll_at("2026-11-18T09:00:00Z", &enabled).await;
    world.deliver_narrow().await;
    let resigned = members("Resigned");
    world.poll_at("2026-11-19T09:00:00Z", &resigned).await;
    let _server = world.listen().await;
    world.deliver_narrow().await;
    let digest = world.last(OTHER_CHANNEL);
    let place = Place::Message {
        channel: OTHER_CHANNEL.to_owned(),
        ts: digest.ts.clone(),
    };
    let open = Press::click(list_kind::OPEN);
    let pressed = world.slack.act(SAM, &place, &open).await.unwrap();
    assert!(pressed.acknowledged(), "{pressed:?}");
    let listed = world.slack.wait_for(PATIENCE, |workspace| {
        let said = workspace.modals.get(SAM)?.last()?.view.to_string();
        said.contains(&id(2)).then_some(said)
    });
    let listed = listed.await.unwrap();
    assert!(listed.contains(&id(7)), "{listed}");
    assert!(!listed.contains(&id(8)), "{listed}");
}

/// A channel about everything that notifies a group.
fn notifying(mention: &str) -> Setup {
    let audience = Audience {
        mentions: Mentions {
            targets: vec![mention.parse().unwrap()],
            failing: true,
            ..Mentions::default()
        },
        ..Audience::of_everything(Tz::UTC)
    };
    Setup {
        narrow: vec![(OTHER_CHANNEL, audience, Locale::En)],
        ..Setup::default()
    }
}

#[tokio::test]
async fn a_group_is_mentioned_once_in_the_first_message_and_not_in_the_notification() {
    let world = both(notifying("S0123ABCD"), "2 Resigned, 3 Resigned").await;
    world.deliver_narrow().await;
    let messages = world.slack.messages(OTHER_CHANNEL);
    let [first, digest] = &messages[..] else {
        panic!("{messages:?}");
    };
    let mention = "<!subteam^S0123ABCD>";
    let said = |message: &Message| serde_json::to_string(&message.blocks).unwrap();
    assert!(!said(first).contains("subteam"), "not in a first digest");
    assert_eq!(said(digest).matches(mention).count(), 1);
    let line = format!("{mention} {} and {} left Security Hub", id(2), id(3));
    assert!(
        read(&digest.blocks).contains(&line),
        "{}",
        read(&digest.blocks)
    );
    assert!(!digest.text.contains("S0123ABCD"), "{}", digest.text);
    let thread = world.slack.thread(OTHER_CHANNEL, &digest.ts);
    assert!(!thread.is_empty());
    for reply in thread {
        assert!(!said(&reply).contains("subteam"), "{reply:?}");
    }
    // The next morning is about the same accounts.
    world.poll_at("2026-11-20T09:00:00Z", "1 Enabled").await;
    world.deliver_narrow().await;
    assert!(!said(&world.last(OTHER_CHANNEL)).contains("subteam"));
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn nobody_is_mentioned_for_a_return_or_for_an_account_that_somebody_expects() {
    let world = both(notifying("S0123ABCD"), "2 Resigned").await;
    let _server = world.listen().await;
    world.deliver().await.unwrap();
    world.deliver_narrow().await;
    let accepted = world
        .ask(SAM, &format!("ack {} for 30d moved away", id(2)))
        .await;
    assert!(
        read(&accepted.blocks).contains("moved away"),
        "{accepted:?}"
    );
    world.finish().await;
    // In another status the case is no longer the one that was accepted.
    for (day, members, mentioned) in [
        ("2026-11-20", "1 Enabled, 3 Enabled", false),
        ("2026-11-21", "3 Removed", true),
        ("2026-11-22", "3 Enabled", false),
    ] {
        world.poll_at(&format!("{day}T09:00:00Z"), members).await;
        world.deliver_narrow().await;
        let digest = world.last(OTHER_CHANNEL);
        let said = serde_json::to_string(&digest.blocks).unwrap();
        assert_eq!(said.contains("subteam"), mentioned, "{day}: {said}");
    }
}

#[tokio::test]
async fn an_alert_about_a_failing_region_mentions_if_the_settings_say_so() {
    let world = both(notifying("here"), "1 Enabled").await;
    let channel = world.narrow(OTHER_CHANNEL);
    world.aws.fail(IRELAND, HubFault::AccessDenied);
    world.watch.poller.poll_all().await;
    world.set("2026-11-19T12:00:00Z");
    world.watch.poller.poll_all().await;
    assert!(world.watch.deliveries.notify(&channel).await.unwrap());
    let alert = world.last(OTHER_CHANNEL);
    let said = serde_json::to_string(&alert.blocks).unwrap();
    assert_eq!(said.matches("<!here>").count(), 1, "{said}");
    assert!(!alert.text.contains("here"), "{}", alert.text);
}

#[tokio::test]
async fn a_channel_that_slack_refuses_keeps_no_other_from_its_digest() {
    let world = World::with(payments(Locale::En, Tz::UTC)).await;
    world
        .poll_at("2026-11-18T08:00:00Z", "1 Enabled, 3 Enabled")
        .await;
    world.slack.set_bot_is_member(OTHER_CHANNEL, false);
    world.clock.set(time("2026-11-18T09:00:00Z"));
    let running = world.serve().await;
    world.messages(1).await;
    let problem = format!("the digest in {OTHER_CHANNEL}: ");
    let (status, said) = running
        .get_until("/readyz", |_, said| said.contains(&problem))
        .await;
    assert_eq!(status, 200, "{said}");
    assert!(said.contains("/invite"), "{said}");
    assert!(
        !said.contains(&format!("the digest in {CHANNEL}")),
        "{said}"
    );
    let (_, metrics) = running.get("/metrics").await;
    for line in [
        format!("digest_owed{{channel=\"{OTHER_CHANNEL}\"}} 1"),
        format!("digest_owed{{channel=\"{CHANNEL}\"}} 0"),
        format!("digests_total{{channel=\"{CHANNEL}\",outcome=\"delivered\"}} 1"),
        format!("digests_total{{channel=\"{OTHER_CHANNEL}\",outcome=\"delivered\"}} 0"),
    ] {
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
    running.stop().await;
}
