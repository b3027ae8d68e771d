//! The tables in a digest's thread, and sections instead of them in a workspace that rejects
//! tables.

use std::collections::BTreeSet;

use securityhub_members::demo::aws::SimulatedMember;
use securityhub_members::demo::slack::{AIKO, CHANNEL, Message};
use securityhub_members::domain::cases::{PersonId, Reason};
use securityhub_members::watch::ports::{Channel as _, OutboxId, Subject};
use securityhub_members::watch::{CaseId, Decision};
use serde_json::{Value, json};

use crate::support::{IRELAND, World, accounts, id, member, members, read, rows};

const POST: &str = "chat.postMessage";
const TABLE: &str = "data_table";

/// A first digest, of these many members.
async fn world_of(count: usize) -> World {
    let world = World::new().await;
    world
        .aws
        .set_members(IRELAND, members(count, |_| "Enabled"));
    world.deliver().await.unwrap();
    world
}

/// Delivers a digest after these members have got these statuses; returns its thread.
async fn thread_of(world: &World, now: &str, members: Vec<SimulatedMember>) -> Vec<Message> {
    world.set(now);
    world.aws.set_members(IRELAND, members);
    world.deliver().await.unwrap();
    let digest = world.slack.messages(CHANNEL).pop().unwrap();
    world.slack.thread(CHANNEL, &digest.ts)
}

fn tables(thread: &[Message]) -> Vec<&Value> {
    let blocks = thread.iter().flat_map(|reply| &reply.blocks);
    blocks.filter(|block| block["type"] == TABLE).collect()
}

/// Statuses of so many kinds that no change is a bulk change.
fn scattered(count: usize) -> Vec<SimulatedMember> {
    let status = |number: usize| format!("Status{}", number % 40);
    (0..count)
        .map(|number| member(number, &status(number)))
        .collect()
}

fn accounts_of(reply: &Message) -> BTreeSet<String> {
    accounts(&read(&reply.blocks)).into_iter().collect()
}

#[tokio::test]
async fn both_forms_of_3000_changes_list_every_account_page_by_page() {
    let mut forms = Vec::new();
    for rejected in [false, true] {
        let world = world_of(3_000).await;
        if rejected {
            world.slack.reject_blocks(TABLE);
        }
        let thread = thread_of(&world, "2026-11-19T09:00:00Z", scattered(3_000)).await;
        let refused = world.slack.calls().into_iter().filter(|call| !call.ok());
        assert_eq!(refused.count(), usize::from(rejected));
        assert_eq!(tables(&thread).is_empty(), rejected);
        let pages: Vec<_> = thread.iter().map(accounts_of).collect();
        // Each account has a row among the changes and one among the open cases.
        let listed: usize = pages.iter().map(BTreeSet::len).sum();
        assert_eq!(listed, 6_000);
        let all: BTreeSet<_> = pages.iter().flatten().cloned().collect();
        assert_eq!(all, (0..3_000).map(id).collect());
        forms.push(pages);
    }
    assert_eq!(forms[0], forms[1]);
}

#[tokio::test]
async fn a_rejected_table_costs_one_call_for_the_whole_process() {
    let world = world_of(20).await;
    world.slack.reject_blocks(TABLE);
    let posts = || world.slack.calls_of(POST).len();
    let before = posts();
    let left = |count| {
        members(20, move |number| {
            if number < count {
                "Resigned"
            } else {
                "Enabled"
            }
        })
    };
    let thread = thread_of(&world, "2026-11-19T09:00:00Z", left(7)).await;
    assert_eq!(thread.len(), 3, "changes, accounts and counts");
    assert_eq!(posts() - before, 1 + 3 + 1);
    let text = thread.iter().map(|reply| read(&reply.blocks));
    let text = text.collect::<Vec<_>>().join("\n");
    let line = format!(
        "• `{}`  Enabled → *Resigned* · seen Thu 19 Nov 09:00",
        id(6)
    );
    assert!(text.contains(&line), "{text}");
    // A new channel of the same process, as each digest has it in this world.
    let before = posts();
    let thread = thread_of(&world, "2026-11-20T09:00:00Z", left(14)).await;
    assert_eq!(posts() - before, 1 + thread.len());
    assert!(tables(&thread).is_empty());
}

#[tokio::test]
async fn without_tables_and_sections_the_thread_is_plain_text() {
    let world = world_of(20).await;
    world.slack.reject_blocks(TABLE);
    world.slack.reject_blocks("section");
    let left = members(20, |_| "Resigned");
    let thread = thread_of(&world, "2026-11-19T09:00:00Z", left).await;
    assert!(thread.iter().all(|reply| reply.blocks.is_empty()));
    for reply in &thread[..2] {
        let listed: BTreeSet<_> = accounts(&reply.text).into_iter().collect();
        assert_eq!(listed, (0..20).map(id).collect());
    }
}

#[tokio::test]
async fn a_message_that_an_older_release_stored_is_posted() {
    let world = World::new().await;
    let stored = json!({ "text": "Full list", "blocks": [
        { "type": "section", "text": { "type": "mrkdwn", "text": "• `200000000001` left" } },
    ] });
    let outbox = OutboxId {
        channel: CHANNEL.to_owned(),
        subject: Subject::Digest(world.watch.calendar.today().into()),
        nonce: "n".to_owned(),
        messages: 1,
    };
    let (channel, stored) = (world.channel(), stored.to_string());
    channel.post(&outbox, 0, &stored, None).await.unwrap();
    assert_eq!(
        read(&world.messages(1).await[0].blocks),
        "• `200000000001` left"
    );
    world.assert_slack_took_everything();
}

#[tokio::test]
async fn a_row_says_who_has_the_case_since_when() {
    let world = world_of(8).await;
    let left = members(8, |_| "Resigned");
    thread_of(&world, "2026-11-19T09:00:00Z", left.clone()).await;
    let thread = thread_of(&world, "2026-11-20T09:00:00Z", left).await;
    let tables = tables(&thread);
    let [table] = &tables[..] else {
        panic!("{tables:#?}");
    };
    assert_eq!(table["caption"], "Open (8) · times in UTC");
    assert_eq!(table["row_header_column_index"], 0);
    let rows = rows(table);
    assert_eq!(
        rows[0].join(" | "),
        "Account | Status | Since | Day | Regions | OU | ID | Owner"
    );
    assert_eq!(
        rows[1].join(" | "),
        format!(
            "{0} | 🔴 left | 2026-11-19 09:00 | 2 | {IRELAND} | – | {0} | no owner",
            id(0)
        )
    );
    assert_eq!(table["rows"][1][3]["type"], "raw_number");
}

#[tokio::test]
async fn a_row_names_the_person_who_works_on_a_case_or_expects_it() {
    let world = world_of(8).await;
    let left = members(8, |_| "Resigned");
    thread_of(&world, "2026-11-19T09:00:00Z", left.clone()).await;
    let aiko = PersonId(AIKO.to_owned());
    let accept = Decision::Accept {
        until: "2026-12-01".parse().unwrap(),
        why: Reason::parse("sold to Acme").unwrap(),
    };
    let list = world.watch.cases.list().await.unwrap();
    for (case, decision) in list.open.iter().zip([Decision::Take, accept]) {
        let case = CaseId::from(case);
        let decided = world.watch.cases.decide(&case, &aiko, &decision);
        decided.await.unwrap().unwrap();
    }
    let thread = thread_of(&world, "2026-11-20T09:00:00Z", left).await;
    let rows = rows(tables(&thread)[0]);
    let row = |number| {
        let row = rows.iter().find(|row| row[0] == id(number)).unwrap();
        (row[1].as_str(), row[7].as_str())
    };
    let since = format!("👀 {AIKO} since Thu 09:00");
    assert_eq!(row(0), ("🔴 left", since.as_str()));
    let until = format!("expected until Tue 1 Dec: “sold to Acme” · {AIKO}");
    assert_eq!(row(1), ("Resigned: left", until.as_str()));
    assert_eq!(row(2), ("🔴 left", "no owner"));
    world.assert_slack_took_everything();
}
