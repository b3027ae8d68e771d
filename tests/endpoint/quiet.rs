//! A channel that gets no digest on a day without news: what people and operators see of it.

use securityhub_members::demo::slack::SAM;

use crate::support::{Setup, World, read};

#[tokio::test]
async fn a_day_without_news_is_in_readyz_the_metrics_and_home_and_not_in_the_channel() {
    // A Wednesday.
    let setup = Setup {
        quiet: true,
        ..Setup::default()
    };
    let world = World::with(setup).await;
    world.list("1 Enabled, 2 Enabled");
    let running = world.serve().await;
    let first = read(&world.messages(1).await.remove(0).blocks);
    let gets =
        "This channel gets: everything · only digests with news, and at least one every 8 days";
    assert!(first.contains(gets), "{first}");
    world.set("2026-11-19T09:00:00Z");
    let silent = r#"digests_total{channel="C0SECURITY",outcome="silent"} 1"#;
    let is_silent = |_, text: &str| text.contains(silent);
    running.get_until("/metrics", is_silent).await;
    let said = "no digest was posted in C0SECURITY at 2026-11-19T09:00:00+00:00: no news; the last one was posted at 2026-11-18T10:00:00+00:00";
    running
        .get_until("/readyz", |_, text| text.contains(said))
        .await;
    let owed = r#"digest_owed{channel="C0SECURITY"} 0"#;
    running
        .get_until("/metrics", |_, text| text.contains(owed))
        .await;
    let home = world.open(SAM).await;
    assert!(
        home.contains("last digest skipped Thu 19 Nov 09:00 (no news)"),
        "{home}"
    );
    world.messages(1).await;
    running.stop().await;
    // The next process knows it too.
    let running = world.serve().await;
    running
        .get_until("/readyz", |_, text| text.contains(said))
        .await;
    world.messages(1).await;
    // The first digest of the next week.
    world.set("2026-11-23T09:00:00Z");
    let heartbeat = read(&world.messages(2).await.remove(1).blocks);
    for line in [
        "*✅ No changes* · Since Wed 18 Nov 10:00 (UTC, 5 days) · 2 accounts · 1 Region read",
        "~ Every Region polled at least ",
        " times since Wed 18 Nov · longest gap 96 h (eu-west-1)",
    ] {
        assert!(heartbeat.contains(line), "{heartbeat}");
    }
    running.stop().await;
    world.assert_slack_took_everything();
}
