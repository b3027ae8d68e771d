//! Admission: only our own workspace and app, and the allowed people and channels. Others get the
//! reason, and their request has no effect.

use std::collections::BTreeSet;
use std::time::Instant;

use securityhub_members::demo::slack::{
    AIKO, APP, CHANNEL, Fault, Input, MockWorkspace, OTHER_CHANNEL, Place, Press, SAM, TEAM,
};
use securityhub_members::slack::admission::Allowed;
use securityhub_members::slack::ids::{AppId, ChannelId, EnterpriseId, UserId};
use securityhub_members::slack::installation::{Installation, Workspace};
use securityhub_members::slack::view::answer::SHARE;
use securityhub_members::slack::view::home::{CHECK, DATE};
use serde_json::json;

use crate::case_buttons::{choice, digest_of, place};
use crate::support::{IRELAND, PATIENCE, Running, Setup, World, id, read};

/// A world with one poll and these permissions.
async fn allowing(allowed: Allowed) -> World {
    let world = World::with(Setup {
        allowed,
        ..Setup::default()
    })
    .await;
    world
        .poll_at("2026-11-18T10:00:00Z", "1 Enabled, 2 Resigned")
        .await;
    world
}

fn users(ids: &[&str]) -> BTreeSet<UserId> {
    ids.iter().map(|id| UserId::parse(id).unwrap()).collect()
}

fn channels(ids: &[&str]) -> BTreeSet<ChannelId> {
    ids.iter().map(|id| ChannelId::parse(id).unwrap()).collect()
}

impl World {
    /// The text in the acknowledgement of a command.
    async fn acknowledgement(&self, user: &str, channel: &str, text: &str) -> String {
        let sent = self.slack.command(user, channel, text).await;
        assert_eq!(sent.status, Some(200), "{sent:?}");
        let said: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
        assert_eq!(said["response_type"], "ephemeral");
        said["text"].as_str().unwrap().to_owned()
    }

    /// Sends a command, an action of every kind and an opening of the Home tab. Returns the
    /// answer to the command.
    async fn knock(&self) -> String {
        let reply = self.acknowledgement(SAM, CHANNEL, "today").await;
        assert!(self.slack.open_home(SAM).await.acknowledged());
        let place = Place::Home;
        let check = self.slack.act(SAM, &place, &Press::click(CHECK)).await;
        assert!(check.unwrap().acknowledged());
        let answers = self.slack.ephemerals(SAM);
        let with_button = answers.iter().find(|answer| answer.blocks.len() > 2);
        let ts = with_button.unwrap().ts.clone();
        let place = Place::Ephemeral { ts };
        let share = self.slack.act(SAM, &place, &Press::click(SHARE)).await;
        assert!(share.unwrap().acknowledged());
        reply
    }
}

#[tokio::test]
async fn requests_of_another_workspace_or_app_change_nothing() {
    let app = AppId::parse(APP);
    let world = allowing(Allowed {
        app,
        ..Allowed::default()
    })
    .await;
    let _server = world.listen().await;
    // Creates messages with buttons, and a Home tab.
    world.ask(SAM, "today").await;
    world.slack.open_home(SAM).await;
    let home = world.slack.wait_for(PATIENCE, |workspace| {
        workspace.homes.get(SAM).map(|home| home.published)
    });
    assert_eq!(home.await.unwrap(), 1);
    let (calls, polls) = (world.slack.calls().len(), world.aws.requests(IRELAND));
    for (team, enterprise, app) in [
        ("T0OTHER", None, APP),
        ("T0OTHER", Some("E0OTHER"), APP),
        ("", None, APP),
        (TEAM, None, "A0OTHER"),
        (TEAM, None, ""),
    ] {
        world.slack.set_team(team, enterprise);
        world.slack.set_app(app);
        let reply = world.knock().await;
        assert!(reply.contains("another workspace"), "{team} {app}: {reply}");
    }
    // The URL verification names no workspace.
    let challenge = world.slack.url_verification("c").await;
    assert_eq!(challenge.body, r#"{"challenge":"c"}"#);
    world.slack.set_team(TEAM, None);
    world.slack.set_app(APP);
    assert!(
        !world
            .acknowledgement(SAM, CHANNEL, "help")
            .await
            .contains("another")
    );
    world.finish().await;
    assert_eq!(world.slack.calls().len(), calls);
    assert_eq!(world.aws.requests(IRELAND), polls);
    assert!(world.slack.messages(CHANNEL).is_empty());
}

#[tokio::test]
async fn an_installation_in_a_whole_organisation_serves_each_of_its_workspaces() {
    let world = allowing(Allowed::default()).await;
    world.slack.set_enterprise_install(true);
    let home = Workspace::Enterprise(EnterpriseId::parse("E0EXAMPLE").unwrap());
    let _server = world.listen_at(Installation::at(home)).await;
    for (team, number) in [(TEAM, 1), ("T0OTHER", 2)] {
        world.slack.set_team(team, Some("E0EXAMPLE"));
        let answer = world.ask(SAM, "today").await;
        assert!(read(&answer.blocks).contains(&id(2)), "{team}");
        // In this case Slack's interactions name no workspace.
        world.press(SAM, &answer, SHARE).await;
        world.messages(number).await;
        assert!(world.slack.open_home(SAM).await.acknowledged(), "{team}");
        let published = world.slack.wait_for(PATIENCE, |workspace| {
            let home = workspace.homes.get(SAM)?;
            (home.published >= number).then_some(())
        });
        published.await.unwrap();
    }
    world.slack.set_team(TEAM, Some("E0OTHER"));
    let reply = world.acknowledgement(SAM, CHANNEL, "today").await;
    assert!(reply.contains("another workspace"), "{reply}");
    world.finish().await;
    assert!(world.slack.home(SAM).is_some());
    world.assert_slack_took_everything();
}

/// The service before Slack has confirmed the workspace, with a query, the help and an opening of
/// the Home tab: all acknowledged, none answered.
async fn asked_early(world: &World) -> Running {
    let unavailable = Fault::Refuse("service_unavailable".to_owned());
    world.slack.fail_always("auth.test", unavailable);
    // An outage of Slack stops neither the start nor the digest.
    let running = world.serve_unknown().await;
    world.messages(1).await;
    let reply = world.acknowledgement(AIKO, CHANNEL, "今日").await;
    assert!(reply.contains("調べています"), "{reply}");
    let reply = world.acknowledgement(SAM, CHANNEL, "help").await;
    assert!(reply.contains("Looking it up"), "{reply}");
    assert!(world.slack.open_home(SAM).await.acknowledged());
    assert!(world.slack.home(SAM).is_none());
    assert!(world.slack.calls_of("response_url").is_empty());
    let challenge = world.slack.url_verification("c").await;
    assert_eq!(challenge.body, r#"{"challenge":"c"}"#);
    running
}

#[tokio::test]
async fn requests_before_the_installation_is_known_are_answered_once_it_is() {
    let world = allowing(Allowed::default()).await;
    let running = asked_early(&world).await;
    world.slack.set_team("T0OTHER", None);
    world.acknowledgement(SAM, OTHER_CHANNEL, "today").await;
    world.slack.set_team(TEAM, None);

    world.slack.heal("auth.test");
    let answer = world.answered(AIKO).await;
    let text = read(&answer.blocks);
    assert!(text.contains(&id(2)) && text.contains("メンバー"), "{text}");
    let home = world
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    assert!(home.await.unwrap().view.to_string().contains(&id(2)));
    let said = world.slack.wait_for(PATIENCE, |workspace| {
        let said = workspace.ephemerals(SAM);
        let said = said.into_iter().map(|one| one.text).collect::<String>();
        (!said.contains("Looking it up")).then_some(said)
    });
    let said = said.await.unwrap();
    assert!(said.contains("What you can ask"), "{said}");
    assert!(said.contains("another workspace"), "{said}");
    running.stop().await;
    assert_eq!(world.slack.ephemerals(AIKO).len(), 1);
    world.slack.heal("auth.test");
}

#[tokio::test]
async fn early_requests_are_rejected_if_slack_never_confirms_the_workspace() {
    let world = allowing(Allowed::default()).await;
    let running = asked_early(&world).await;
    running.stop().await;
    for (user, said) in [(SAM, "hasn't confirmed"), (AIKO, "確認できていません")] {
        let reply = world.slack.ephemerals(user).pop().unwrap();
        assert!(reply.text.contains(said), "{reply:?}");
    }
    assert!(world.slack.home(SAM).is_none());
}

#[tokio::test]
async fn more_than_can_wait_is_refused_plainly() {
    let world = allowing(Allowed::default()).await;
    let installation = Installation::default();
    let _server = world.listen_at(installation).await;
    let mut waiting = 0;
    loop {
        let reply = world.acknowledgement(SAM, CHANNEL, "today").await;
        if reply.contains("hasn't confirmed") {
            break;
        }
        waiting += 1;
        assert!(waiting <= 64, "there is no limit");
    }
    assert_eq!(waiting, 64);
}

#[tokio::test]
async fn only_people_on_the_list_are_served_and_others_learn_which_team_to_ask() {
    let world = allowing(Allowed {
        users: users(&[AIKO]),
        ..Allowed::default()
    })
    .await;
    let _server = world.listen().await;
    let answer = world.ask(AIKO, "today").await;
    assert!(read(&answer.blocks).contains(&id(2)));
    for (text, words) in [
        ("", "don't have access"),
        ("help", "don't have access"),
        ("nonsense", "don't have access"),
        ("今日", "利用権限がありません"),
    ] {
        let reply = world.acknowledgement(SAM, CHANNEL, text).await;
        assert!(reply.contains(words), "{text}: {reply}");
        assert!(reply.contains(SAM), "which id to add: {reply}");
        assert!(!reply.contains(&id(2)), "{reply}");
    }
    let polls = world.aws.requests(IRELAND);
    assert!(world.slack.open_home(SAM).await.acknowledged());
    let home = world
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    let home = home.await.unwrap();
    let text = read(home.view["blocks"].as_array().unwrap());
    assert!(
        text.contains("don't have access") && text.contains(SAM),
        "{text}"
    );
    assert!(!text.contains('[') && !text.contains(&id(2)), "{text}");
    world.finish().await;
    assert_eq!(world.aws.requests(IRELAND), polls);
    assert_eq!(world.slack.ephemerals(SAM).len(), 4);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_person_removed_from_the_list_can_press_nothing_any_more() {
    // The buttons come from a time when everyone was allowed.
    let world = allowing(Allowed::default()).await;
    let before = world.listen().await;
    let answer = world.ask(SAM, "today").await;
    world.slack.open_home(SAM).await;
    let shown = world
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    assert!(shown.await.unwrap().view.to_string().contains(CHECK));
    let mut world = world;
    world.allow(Allowed {
        users: users(&[AIKO]),
        ..Allowed::default()
    });
    let _after = world.listen().await;
    before.stop().await;
    let polls = world.aws.requests(IRELAND);

    world.press(SAM, &answer, SHARE).await;
    let reply = world.slack.wait_for(PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        newest.text.contains("don't have access").then_some(newest)
    });
    let reply = reply.await.unwrap();
    assert_ne!(reply.ts, answer.ts, "the answer stays as it was");
    let place = Place::Home;
    let sent = world.slack.act(SAM, &place, &Press::click(CHECK)).await;
    assert!(sent.unwrap().acknowledged());
    let closed = world.slack.wait_for(PATIENCE, |workspace| {
        let view = workspace.homes.get(SAM)?.view.to_string();
        view.contains("don't have access").then_some(view)
    });
    assert!(!closed.await.unwrap().contains(&id(2)));
    world.finish().await;
    assert_eq!(world.aws.requests(IRELAND), polls);
    assert!(world.slack.messages(CHANNEL).is_empty());
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn the_command_and_its_buttons_work_in_the_channels_on_the_list_only() {
    let world = allowing(Allowed {
        channels: channels(&[CHANNEL, "D0AIKO"]),
        ..Allowed::default()
    })
    .await;
    let _server = world.listen().await;
    let reply = world.acknowledgement(SAM, OTHER_CHANNEL, "today").await;
    assert!(
        reply.contains("in this channel") && reply.contains(OTHER_CHANNEL),
        "{reply}"
    );
    let reply = world.acknowledgement(SAM, "D0SAM", "昨日").await;
    assert!(
        reply.contains("このチャンネル") && reply.contains("D0SAM"),
        "{reply}"
    );
    let reply = world.acknowledgement(AIKO, "D0AIKO", "help").await;
    assert!(!reply.contains("in this channel"), "{reply}");
    let answer = world.ask(SAM, "today").await;
    assert!(read(&answer.blocks).contains(&id(2)));
    // The Home tab belongs to no channel.
    world.slack.open_home(SAM).await;
    let home = world
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    assert!(home.await.unwrap().view.to_string().contains(&id(2)));
    let dated = Press::with(DATE, Input::Date("2026-11-18".to_owned()));
    let dated = world.slack.act(SAM, &Place::Home, &dated).await.unwrap();
    assert!(dated.acknowledged());

    // A button in another channel, or without a channel.
    let press = |channel: serde_json::Value, url: &str| {
        let payload = json!({
            "type": "block_actions", "team": { "id": TEAM }, "user": { "id": SAM },
            "channel": channel, "response_url": url,
            "actions": [{ "action_id": SHARE, "value": r#"{"query":"","locale":"en"}"# }],
        });
        form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", &payload.to_string())
            .finish()
    };
    let urls = world.slack.workspace().response_urls;
    let api = world.slack_url();
    let url = format!("{api}/commands/{}", urls.keys().next().unwrap());
    const FORM: &str = "application/x-www-form-urlencoded";
    for channel in [json!({ "id": OTHER_CHANNEL }), json!(null)] {
        let sent = world
            .slack
            .send("/slack/interactions", FORM, press(channel, &url), &[]);
        assert_eq!(sent.await.status, Some(200));
    }
    world.finish().await;
    for channel in [CHANNEL, OTHER_CHANNEL] {
        assert!(world.slack.messages(channel).is_empty(), "{channel}");
    }
    assert_eq!(world.slack.calls_of("response_url").len(), 3);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn with_too_many_jobs_a_button_says_so_and_the_home_tab_stays() {
    let world = allowing(Allowed::default()).await;
    let _server = world.listen().await;
    let answer = world.ask(SAM, "today").await;
    world.slack.open_home(SAM).await;
    let home = world
        .slack
        .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
    let home = home.await.unwrap();
    // No answer arrives, and each attempt takes more than 40 seconds.
    world.slack.fail_always("response_url", Fault::Hang);
    let began = Instant::now();
    let mut asked = 0;
    while !world
        .acknowledgement(AIKO, CHANNEL, "today")
        .await
        .contains("Too many")
    {
        asked += 1;
        assert!(asked <= 64, "there is no limit");
    }
    let rejections = |workspace: &MockWorkspace| {
        let calls = workspace.calls.iter();
        let rejected = calls.filter(|call| call.arguments.to_string().contains("Too many"));
        rejected.count()
    };
    world.press(SAM, &answer, SHARE).await;
    let one = world.slack.wait_for(PATIENCE, |workspace| {
        (rejections(workspace) == 1).then_some(())
    });
    one.await.unwrap();
    let place = Place::Home;
    let sent = world.slack.act(SAM, &place, &Press::click(CHECK)).await;
    assert!(sent.unwrap().acknowledged());

    // The number of notes is limited, too: 16 in 10 seconds.
    for _ in 0..60 {
        world.press(SAM, &answer, SHARE).await;
    }
    let most = 16 * (1 + began.elapsed().as_secs() / 10);
    assert!(rejections(&world.slack.workspace()) as u64 <= most);
    let after = world.slack.home(SAM).unwrap();
    assert_eq!(after.published, home.published);
    assert!(world.slack.messages(CHANNEL).is_empty());
}

#[tokio::test]
async fn people_of_other_workspaces_press_nothing_unless_a_setting_names_them() {
    for (allowed, may) in [
        (Allowed::default(), false),
        (
            Allowed {
                case_users: users(&[SAM]),
                ..Allowed::default()
            },
            false,
        ),
        (
            Allowed {
                users: users(&[SAM]),
                ..Allowed::default()
            },
            true,
        ),
    ] {
        let world = World::with(Setup {
            allowed,
            ..Setup::default()
        })
        .await;
        let _server = world.listen().await;
        let digest = digest_of(&world, "1 Enabled", "1 Resigned").await;
        world.slack.set_external(SAM, "T0PARTNER");
        for verb in ["history", "take", "expect"] {
            let press = choice(&digest, 1, verb);
            let pressed = world.slack.act(SAM, &place(&digest), &press).await;
            assert!(pressed.unwrap().acknowledged());
        }
        world.finish().await;
        let open = world.watch.cases.list().await.unwrap().open;
        let is_taken = format!("{:?}", open[0].state).contains(SAM);
        assert_eq!(is_taken, may, "{open:?}");
        assert_eq!(world.slack.modal(SAM).is_some(), may);
        let said = world.slack.ephemerals(SAM);
        let said: Vec<_> = said.iter().map(|answer| read(&answer.blocks)).collect();
        let refused = said
            .iter()
            .filter(|said| said.contains("another workspace"));
        assert_eq!(refused.count(), if may { 0 } else { 3 }, "{said:?}");
    }
}
