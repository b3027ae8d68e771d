//! Commands that take and accept cases: who may, who is first, what is said, and what the
//! channel reads of it.

use std::collections::BTreeSet;

use securityhub_members::clock::{Clock as _, SystemClock};
use securityhub_members::demo::aws::SimulatedAccount;
use securityhub_members::demo::slack::{AIKO, CHANNEL, Fault, SAM, TEAM};
use securityhub_members::domain::cases::CaseState;
use securityhub_members::slack::admission::Allowed;
use securityhub_members::slack::ids::UserId;
use securityhub_members::slack::view::choices::BUTTONS;
use securityhub_members::watch::{OrganizationUse, Refresh};

use crate::program::Outside;
use crate::support::{PATIENCE, Setup, World, id, read};

/// Three members with names. The first two have left after the first digest.
async fn world(allowed: Allowed) -> World {
    let world = World::with(Setup {
        allowed,
        organization: Some(OrganizationUse::Required),
        ..Setup::default()
    })
    .await;
    let account = |(number, name): (usize, &str)| SimulatedAccount {
        id: id(number),
        name: name.to_owned(),
        state: "ACTIVE".to_owned(),
        status: "ACTIVE".to_owned(),
        unit: "Workloads".to_owned(),
    };
    let names = [(1, "payments-prod"), (2, "ledger prod"), (3, "ledger test")];
    world
        .aws
        .set_organization(names.into_iter().map(account).collect());
    let read = world.watch.directory.refresh(Refresh::AtStart).await;
    read.unwrap();
    world
        .poll_at("2026-11-18T10:00:00Z", "1 Enabled, 2 Enabled, 3 Enabled")
        .await;
    world.deliver().await.unwrap();
    world
        .poll_at("2026-11-18T11:00:00Z", "1 Resigned, 2 Resigned")
        .await;
    world
}

fn case_users(ids: &[&str]) -> Allowed {
    Allowed {
        case_users: ids.iter().map(|id| UserId::parse(id).unwrap()).collect(),
        ..Allowed::default()
    }
}

impl World {
    /// The answer to a command about cases.
    async fn decide(&self, user: &str, text: &str) -> String {
        let answer = self.ask(user, text).await;
        assert!(!answer.blocks.is_empty(), "{text}: {}", answer.text);
        read(&answer.blocks)
    }

    /// The messages about cases in the thread of the last digest.
    fn case_messages(&self) -> Vec<String> {
        let digest = self.slack.messages(CHANNEL).pop().unwrap();
        let thread = self.slack.thread(CHANNEL, &digest.ts).into_iter();
        let is_news =
            |metadata: &serde_json::Value| metadata["event_type"] == "securityhub_members_case";
        thread
            .filter(|message| message.metadata.as_ref().is_some_and(is_news))
            .map(|message| read(&message.blocks))
            .collect()
    }

    /// The account's case.
    async fn state(&self, number: usize) -> String {
        let list = self.watch.cases.list().await.unwrap();
        let case = list
            .iter()
            .find(|case| case.key.account.to_string() == id(number));
        match case.map(|case| &case.state) {
            None => "none".to_owned(),
            Some(CaseState::Open) => "open".to_owned(),
            Some(CaseState::Known) => "known".to_owned(),
            Some(CaseState::Taken(assignment)) => format!("taken by {}", assignment.by),
            Some(CaseState::Accepted(accepted)) => {
                let why = accepted.why.as_str();
                format!(
                    "accepted by {} until {}: {why}",
                    accepted.by, accepted.until
                )
            }
        }
    }
}

#[tokio::test]
async fn the_first_person_has_a_case_and_a_second_command_changes_and_posts_nothing() {
    let world = world(Allowed::default()).await;
    let _server = world.listen().await;
    let said = world.decide(SAM, "take payments-prod").await;
    assert!(said.contains("You're on it: *payments-prod*"), "{said}");
    let said = world.decide(SAM, &format!("take {}", id(1))).await;
    assert!(
        said.contains("You're on it already: *payments-prod*, since Wed 18 Nov 11:00"),
        "{said}"
    );
    let said = world.decide(AIKO, "対応 payments-prod").await;
    let other = "<@U0SAM> が *payments-prod* を 11月18日(水) 11:00 から対応中(変更なし)";
    assert!(said.contains(other), "{said}");
    assert!(said.contains("担当者に `対応 取消` の実行を依頼"), "{said}");
    let said = world.decide(AIKO, "untake payments-prod").await;
    assert!(
        said.contains("<@U0SAM> has been on *payments-prod*"),
        "{said}"
    );
    let how = "Ask the owner to run `untake`, or close the case: bring the account back, or \
               accept it with `ack`.";
    assert!(said.contains(how), "{said}");
    assert_eq!(world.state(1).await, "taken by U0SAM");
    assert_eq!(world.case_messages(), ["👀 <@U0SAM> is on *payments-prod*"]);

    let said = world.decide(SAM, "untake payments-prod").await;
    assert!(said.contains("*payments-prod* has no owner now"), "{said}");
    let said = world.decide(SAM, "untake payments-prod").await;
    assert!(said.contains("*payments-prod* has no owner ·"), "{said}");
    assert_eq!(world.state(1).await, "open");
    assert_eq!(
        world.case_messages()[1..],
        ["<@U0SAM> is no longer on *payments-prod*"]
    );
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_case_is_accepted_with_the_reason_as_it_was_typed() {
    let world = world(Allowed::default()).await;
    let _server = world.listen().await;
    // As Slack sends what was typed.
    let typed = "sold to *B* &amp; C, &lt;!channel&gt;";
    let command = format!("ack “ledger prod” until 31 Dec {typed}");
    let said = world.decide(SAM, &command).await;
    let shown = "“sold to ∗B∗ &amp; C, &lt;!channel&gt;”";
    let until = "is expected until Thu 31 Dec 2026";
    assert!(
        said.contains(&format!("☑️ *ledger prod* {until}: {shown}")),
        "{said}"
    );
    let kept = "accepted by U0SAM until 2026-12-31: sold to *B* & C, <!channel>";
    assert_eq!(world.state(2).await, kept);
    let news = format!("☑️ <@U0SAM> accepted *ledger prod* until Thu 31 Dec 2026: {shown}");
    assert_eq!(world.case_messages(), [news]);
    let said = world.decide(SAM, &command).await;
    assert!(
        said.contains("was expected until Thu 31 Dec 2026 already"),
        "{said}"
    );
    assert_eq!(world.case_messages().len(), 1);

    world.decide(AIKO, "take payments-prod").await;
    let said = world.decide(AIKO, "acks").await;
    let listed =
        format!("• *ledger prod* · left · expected until Thu 31 Dec 2026: {shown} · <@U0SAM>");
    assert!(said.contains(&listed), "{said}");
    assert!(
        said.contains("• *payments-prod* · left · 👀 <@U0AIKO> since"),
        "{said}"
    );
    let said = world.decide(AIKO, "想定内一覧").await;
    assert!(said.contains("対応中: 1件"), "{said}");

    let said = world
        .decide(AIKO, "想定内「ledger prod」30日間 売却済み")
        .await;
    assert!(
        said.contains("*ledger prod* は2026年12月18日(金)まで想定内:「売却済み」"),
        "{said}"
    );
    assert!(
        said.contains("置き換え前: <@U0SAM>、2026年12月31日(木)まで"),
        "{said}"
    );
    let said = world.decide(SAM, "unack ledger prod").await;
    assert!(
        said.contains("*ledger prod* is no longer expected"),
        "{said}"
    );
    let said = world.decide(SAM, "unack ledger prod").await;
    assert!(said.contains("*ledger prod* isn't expected"), "{said}");
    assert_eq!(world.state(2).await, "open");
    assert_eq!(world.case_messages().len(), 4);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn an_invalid_case_command_is_answered_with_a_correction() {
    let world = world(Allowed::default()).await;
    let _server = world.listen().await;
    let ledgers = [id(2), id(3)];
    let untilled = format!("ack {} until 2026-12-31 sold", ledgers[0]);
    for (text, wanted) in [
        ("take", "Name the account by its ID"),
        ("ack payments-prod", "Say until when or for how long"),
        (
            "ack payments-prod until 17 Nov 2026 sold",
            "must be after today, not Tue 17 Nov 2026",
        ),
        ("ack payments-prod until today sold", "must be after today"),
        (
            "ack payments-prod for 91 days sold",
            "can be Tue 16 Feb 2027 at the latest",
        ),
        ("ack payments-prod for 9d ok", "in 3 to 500 characters"),
        (
            "ack payments-prod for 9d",
            "`/securityhub-members ack payments-prod until 2026-12-18",
        ),
        ("想定内 payments-prod 昨日まで 売却", "期限は明日以降に"),
        (
            "take payment-prod",
            "No account has the name “payment-prod”.",
        ),
        (
            "take payment-prod",
            &format!("`/securityhub-members take {}`", id(1)),
        ),
        ("take payments", "No account has the name “payments”."),
        (
            "ack ledger until 31 Dec sold",
            "Several accounts match “ledger”.",
        ),
        ("ack ledger until 31 Dec sold", &untilled),
        ("take ledger test", "*ledger test* has no open case"),
        ("take 999999999999", "*999999999999* has no open case"),
        ("対応 ledger test", "`/securityhub-members 想定内一覧`"),
        ("acks", "No case is expected or taken."),
    ] {
        let said = world.decide(SAM, text).await;
        assert!(said.contains(wanted), "{text}: {said}");
    }
    assert!(world.case_messages().is_empty());
    assert_eq!(
        (world.state(1).await, world.state(3).await),
        ("open".into(), "none".into())
    );
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_name_that_does_not_fit_is_answered_with_buttons_that_carry_out_the_command() {
    let mut world = world(case_users(&[SAM])).await;
    let server = world.listen().await;
    let answer = world.ask(SAM, "take payment-prod").await;
    let text = read(&answer.blocks);
    assert!(text.contains("Did you mean one of these?"), "{text}");
    assert!(text.contains("\n[payments-prod]"), "{text}");
    world.press(SAM, &answer, BUTTONS[0]).await;
    world.finish().await;
    assert_eq!(world.state(1).await, "taken by U0SAM");
    let answer = world.answered(SAM).await;
    let text = read(&answer.blocks);
    assert!(text.contains("You're on it: *payments-prod*"), "{text}");
    assert_eq!(world.case_messages(), ["👀 <@U0SAM> is on *payments-prod*"]);

    let ack = "想定内 ledger 30日間 他社へ `売却` 済み";
    let answer = world.ask(SAM, ack).await;
    let text = read(&answer.blocks);
    assert!(text.contains("[ledger prod] [ledger test]"), "{text}");
    // The bot starts again, and the person may no longer change cases.
    drop(server);
    world.allow(case_users(&[AIKO]));
    let server = world.listen().await;
    world.press(SAM, &answer, BUTTONS[0]).await;
    let refused = world.slack.wait_for(PATIENCE, |workspace| {
        let said = workspace.ephemerals(SAM).pop()?;
        said.text.contains(SAM).then_some(said.text)
    });
    // In the language of the answer with the button.
    let refused = refused.await.unwrap();
    assert!(refused.contains("権限がありません"), "{refused}");
    assert_eq!(world.state(2).await, "open");
    drop(server);
    world.allow(Allowed::default());
    let _server = world.listen().await;
    world.press(SAM, &answer, BUTTONS[0]).await;
    world.finish().await;
    let kept = "accepted by U0SAM until 2026-12-18: 他社へ `売却` 済み";
    assert_eq!(world.state(2).await, kept);
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn only_those_who_may_change_cases() {
    let world = world(case_users(&[AIKO])).await;
    let _server = world.listen().await;
    for (text, wanted) in [
        ("take payments-prod", "can't take or accept cases"),
        (
            "ack payments-prod for 9d sold",
            "can't take or accept cases",
        ),
        ("unack", "can't take or accept cases"),
        ("対応 payments-prod", "権限がありません"),
    ] {
        let said = world.decide(SAM, text).await;
        assert!(
            said.contains(wanted) && said.contains(SAM),
            "{text}: {said}"
        );
    }
    let said = world.decide(SAM, "acks").await;
    assert!(said.contains("No case is expected or taken."), "{said}");
    world.slack.set_team("T0OTHER", None);
    let said = world.decide(AIKO, "take payments-prod").await;
    assert!(said.contains("another workspace"), "{said}");
    assert_eq!(world.state(1).await, "open");
    world.slack.set_team(TEAM, None);
    world.decide(AIKO, "take payments-prod").await;
    assert_eq!(world.state(1).await, "taken by U0AIKO");
}

#[tokio::test]
async fn people_without_access_change_no_case() {
    let allowed = Allowed {
        users: BTreeSet::from([UserId::parse(AIKO).unwrap()]),
        ..case_users(&[SAM])
    };
    let world = world(allowed).await;
    let _server = world.listen().await;
    for (user, wanted) in [(SAM, "don't have access"), (AIKO, "can't take or accept")] {
        let said = world.decide(user, "take payments-prod").await;
        assert!(said.contains(wanted), "{said}");
    }
    assert_eq!(world.state(1).await, "open");
}

#[tokio::test]
async fn a_decision_stays_if_posting_to_the_channel_fails() {
    let world = world(Allowed::default()).await;
    let _server = world.listen().await;
    let archived = Fault::Refuse("is_archived".to_owned());
    world.slack.fail_always("chat.postMessage", archived);
    let said = world.decide(SAM, "take payments-prod").await;
    assert!(said.contains("You're on it"), "{said}");
    assert_eq!(world.state(1).await, "taken by U0SAM");
    world.finish().await;
    assert_eq!(
        world
            .slack
            .calls_of("chat.postMessage")
            .iter()
            .filter(|call| !call.ok())
            .count(),
        1
    );
    assert!(world.case_messages().is_empty());
}

#[tokio::test]
async fn a_failing_table_is_said_and_decides_nothing() {
    let world = world(Allowed::default()).await;
    let _server = world.listen().await;
    world.delete_the_table().await;
    let said = world.decide(SAM, "take payments-prod").await;
    assert!(said.contains("Something went wrong on our side"), "{said}");
    assert!(world.case_messages().is_empty());
}

#[tokio::test]
async fn the_log_says_who_decided_what_and_never_why() {
    let mut outside = Outside::with_table().await;
    outside.set("RUST_LOG", "info,securityhub_members=trace");
    assert_eq!(outside.run(&["digest"]).await.code, 0);
    let digest = outside.slack.messages(CHANNEL).remove(0);
    let serving = outside.serve().await;
    let until = SystemClock.now().date_naive() + chrono::Days::new(30);
    for command in [
        format!("ack {} until {until} between-ourselves", id(2)),
        format!("ack {} for 999d between-ourselves", id(2)),
        "ack nobody for 9d between-ourselves".to_owned(),
    ] {
        let sent = outside.slack.command(SAM, CHANNEL, &command).await;
        assert!(sent.acknowledged(), "{sent:?}");
    }
    let reported = outside.slack.wait_for(PATIENCE, |workspace| {
        let thread = workspace.thread(CHANNEL, &digest.ts);
        let text = |message: &securityhub_members::demo::slack::Message| message.text.clone();
        thread
            .iter()
            .map(text)
            .find(|text| text.contains("between-ourselves"))
    });
    reported.await.unwrap();
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");
    assert!(!log.contains("between-ourselves"), "{log}");
    let changed = log.lines().find(|line| line.contains("case_changed"));
    let changed = changed.unwrap_or_else(|| panic!("not logged: {log}"));
    for part in [SAM.to_owned(), "ack".to_owned(), id(2), until.to_string()] {
        assert!(changed.contains(&part), "{changed}");
    }
}
