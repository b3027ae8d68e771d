//! A status that AWS renames is one question, and its answer holds for every process and every
//! period, until somebody takes it back.

use chrono_tz::UTC;
use securityhub_members::domain::cases::{CaseList, CaseState, PersonId, Reason};
use securityhub_members::domain::member::MemberStatus;
use securityhub_members::domain::query::{Named, Query};
use securityhub_members::watch::{AccountMatch, Answer, CaseId, Decision};

use crate::support::channel::TestChannel;
use crate::support::{World, changes, counts, date, hub};

const ACCOUNTS: u64 = 130;

fn ann() -> PersonId {
    PersonId("UANN".to_owned())
}

fn active() -> MemberStatus {
    MemberStatus::parse("ActiveMember")
}

impl World {
    async fn case_list(&self) -> CaseList {
        self.watch().cases.list().await.unwrap()
    }

    /// Another process decides.
    async fn decide(&self, is_enabled: Option<bool>) -> bool {
        let watch = self.watch();
        let (status, by) = (active(), ann());
        let decided = watch.cases.decide_status(&status, is_enabled, &by);
        decided.await.unwrap()
    }

    async fn decide_first(&self, list: &CaseList, decision: &Decision) {
        let (watch, case, by) = (self.watch(), CaseId::from(&list.open[0]), ann());
        let decided = watch.cases.decide(&case, &by, decision);
        decided.await.unwrap().unwrap();
    }

    /// Replaces a status of every account in both hubs.
    fn rename(&self, from: &str, to: &str) {
        for hub in &self.watched {
            for account in 0..ACCOUNTS {
                if self.hubs.status(hub, account) == Some(MemberStatus::parse(from)) {
                    self.hubs.set(hub, account, to);
                }
            }
        }
    }
}

/// 130 accounts in two hubs, of which 1 has left in one of them and is expected, and 2 was never
/// Enabled in one of them.
async fn world() -> (World, TestChannel) {
    let mut world = World::at("2026-11-18T09:00:00Z", UTC).await;
    world.watched.push(hub("us-east-1"));
    for hub in &world.watched {
        for account in 0..ACCOUNTS {
            world.hubs.set(hub, account, "Enabled");
        }
    }
    world.hubs.set(&world.watched[1], 2, "Resigned");
    world.poll().await;
    let channel = TestChannel::new();
    world.deliver(&channel).await.unwrap();
    world.poll_at("2026-11-19T08:00:00Z", "1 Resigned").await;
    let list = world.case_list().await;
    let decision = Decision::Accept {
        until: date("2027-01-15"),
        why: Reason::parse("sold").unwrap(),
    };
    world.decide_first(&list, &decision).await;
    world.set("2026-11-19T09:00:00Z");
    world.deliver(&channel).await.unwrap();
    (world, channel)
}

fn said(list: &CaseList) -> Vec<String> {
    let one = |state: &CaseState, account: u64| match state {
        CaseState::Open => format!("{account} open"),
        CaseState::Taken(_) => format!("{account} taken"),
        CaseState::Accepted(_) => format!("{account} expected"),
        CaseState::Known => format!("{account} known"),
    };
    let cases = list.iter();
    cases
        .map(|case| one(&case.state, case.key.account.as_u64()))
        .collect()
}

#[tokio::test]
async fn a_renamed_status_is_one_question_and_changes_no_case() {
    let (world, channel) = world().await;
    let before = said(&world.case_list().await);
    assert_eq!(before, ["1 expected", "2 known"]);
    world.rename("Enabled", "ActiveMember");
    world.set("2026-11-20T08:00:00Z");
    world.poll().await;
    let list = world.case_list().await;
    assert_eq!(said(&list), before);
    let [renamed] = &list.renamed[..] else {
        panic!("{:?}", list.renamed)
    };
    assert_eq!((renamed.accounts.len(), renamed.hubs.len()), (130, 2));
    // A new departure is a case, whatever it was called before.
    world.poll_at("2026-11-20T08:30:00Z", "7 Resigned").await;
    let list = world.case_list().await;
    assert_eq!(said(&list), ["7 open", "1 expected", "2 known"]);
    assert_eq!(list.open[0].hubs.len(), 1);
    world.set("2026-11-20T09:00:00Z");
    world.deliver(&channel).await.unwrap();
}

#[tokio::test]
async fn a_status_that_counts_as_enabled_is_no_change_in_any_period_of_any_process() {
    let (world, channel) = world().await;
    let before = said(&world.case_list().await);
    world.rename("Enabled", "ActiveMember");
    world.set("2026-11-20T08:00:00Z");
    world.poll().await;
    let asked = world.on("2026-11-20").await;
    assert_eq!(asked.bulk_changes.len(), 1);
    assert!(world.decide(Some(true)).await);
    assert!(
        !world.decide(Some(true)).await,
        "a second press changes nothing"
    );
    let list = world.case_list().await;
    assert_eq!(said(&list), before);
    assert!(list.renamed.is_empty());
    assert!(list.iter().all(|case| case.earlier.is_empty()));
    for report in [
        world.on("2026-11-20").await,
        world.between("2026-11-20", "2026-11-20").await,
        world.now().await,
    ] {
        assert_eq!(changes(&report), Vec::<String>::new());
        assert_eq!(
            counts(&report.counts),
            "Resigned 2, Enabled 258",
            "{report:#?}"
        );
        assert!(report.bulk_changes.is_empty());
    }
    world.set("2026-11-20T09:00:00Z");
    world.deliver(&channel).await.unwrap();
    assert_eq!(channel.digests()[2].changes(), Vec::<String>::new());
    // From now on it is Enabled: leaving it is a departure, and coming back to it ends the case.
    world.poll_at("2026-11-21T08:00:00Z", "7 Resigned").await;
    let list = world.case_list().await;
    assert_eq!(said(&list), ["7 open", "1 expected", "2 known"]);
    assert_eq!(
        changes(&world.on("2026-11-21").await),
        ["Left 7: Enabled → Resigned"]
    );
    world
        .poll_at("2026-11-21T08:30:00Z", "7 ActiveMember, 1 ActiveMember")
        .await;
    assert_eq!(said(&world.case_list().await), ["2 known"]);
    let account = Query::Account(Named::Id("000000000007".parse().unwrap()));
    let Answer::Account(answer) = world.ask(&account).await else {
        panic!()
    };
    let AccountMatch::History(history) = answer.known else {
        panic!()
    };
    assert!(
        history
            .now
            .iter()
            .all(|one| one.status == Some(MemberStatus::Enabled))
    );
    assert_eq!(history.happened.len(), 2);
    for (hub, audited) in world.watch().audit.run().await {
        assert!(audited.is_ok(), "{hub}: {audited:?}");
    }
}

#[tokio::test]
async fn a_status_that_does_not_count_makes_cases_and_a_decision_can_be_taken_back() {
    let (world, _) = world().await;
    let before = said(&world.case_list().await);
    world.rename("Enabled", "ActiveMember");
    world.set("2026-11-20T08:00:00Z");
    world.poll().await;
    assert!(world.decide(Some(false)).await);
    let list = world.case_list().await;
    assert!(list.renamed.is_empty());
    assert_eq!(list.open.len(), 130);
    assert!(world.decide(Some(true)).await);
    assert_eq!(said(&world.case_list().await), before);
    // While it counts, somebody leaves. Taking the decision back brings the others into question.
    world.poll_at("2026-11-20T09:00:00Z", "7 Resigned").await;
    assert!(world.decide(None).await);
    let list = world.case_list().await;
    assert_eq!(said(&list), ["7 open", "1 expected", "2 known"]);
    assert_eq!(list.renamed[0].accounts.len(), 130);
    assert_eq!(world.on("2026-11-20").await.bulk_changes.len(), 1);
    assert!(!world.decide(None).await);
    // AWS takes the new name back.
    world.rename("ActiveMember", "Enabled");
    world.set("2026-11-20T10:00:00Z");
    world.poll().await;
    let list = world.case_list().await;
    assert_eq!(said(&list), ["7 open", "1 expected", "2 known"]);
    assert!(list.renamed.is_empty());
}

#[tokio::test]
async fn a_case_that_somebody_has_stays_when_its_status_comes_into_question() {
    let (world, _) = world().await;
    world
        .poll_at("2026-11-19T10:00:00Z", "9 ActiveMember")
        .await;
    let list = world.case_list().await;
    world.decide_first(&list, &Decision::Take).await;
    world.rename("Enabled", "ActiveMember");
    world.set("2026-11-20T08:00:00Z");
    world.poll().await;
    let list = world.case_list().await;
    assert_eq!(said(&list), ["9 taken", "1 expected", "2 known"]);
    assert_eq!(list.renamed[0].accounts.len(), 129);
}
