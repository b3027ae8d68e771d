//! Slack through a proxy: everything goes through it, its user and password reach only the proxy,
//! and if it fails, nothing goes past it.

mod closed;
mod failures;
mod program;
mod proxy;
mod routes;

use proxy::AUTHORIZATION;
use securityhub_members::demo::slack::{CHANNEL, MockWorkspace, SAM};

use crate::calls::Elsewhere;
use crate::program::{Outside, Run, id};
use crate::support::{PATIENCE, read};

/// The password, as it is and in the header.
const HIDDEN: [&str; 3] = ["hush-hush", AUTHORIZATION, "Ym90Omh1c2gtaHVzaA"];

fn assert_hides(text: &str) {
    for secret in HIDDEN {
        assert!(!text.contains(secret), "{text}");
    }
}

fn assert_run_hides(run: &Run) {
    assert_hides(&run.out);
    assert_hides(&run.err);
}

/// The API's URL if it is at this server, under an address that isn't loopback.
fn reachable(server: &Elsewhere) -> String {
    let (_, port) = server.url.rsplit_once(':').unwrap();
    format!("https://0.0.0.0:{port}/api")
}

/// Serves until the digest is posted and a command answered. Returns the log.
async fn serve(outside: &Outside, sockets: usize) -> String {
    let answers = |workspace: &MockWorkspace| {
        let calls = workspace.calls.iter();
        let accepted =
            calls.filter(|call| call.method == "response_url" && call.status == Some(200));
        accepted.count()
    };
    let before = answers(&outside.slack.workspace());
    let serving = outside.serve().await;
    let ready = |workspace: &MockWorkspace| {
        (workspace.sockets == sockets).then(|| workspace.messages(CHANNEL).pop())?
    };
    let digest = outside.slack.wait_for(PATIENCE, ready).await.unwrap();
    assert!(read(&digest.blocks).contains(&id(2)));
    let sent = outside.slack.command(SAM, CHANNEL, "today").await;
    assert!(sent.acknowledged(), "{sent:?}");
    let answer = outside.slack.wait_for(PATIENCE, |workspace| {
        let newest = workspace.ephemerals(SAM).pop()?;
        let is_new = answers(workspace) > before;
        (is_new && read(&newest.blocks).contains(&id(2))).then_some(())
    });
    answer.await.unwrap();
    let (code, log) = serving.terminate().await;
    assert_eq!(code, 0, "{log}");
    assert_hides(&log);
    log
}
