//! The demo as a new user runs it, with the settings that it prints.

use std::process::Stdio;

use securityhub_members::demo::slack::{BOT_TOKEN, SIGNING_SECRET};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::program::Outside;
use crate::support::PATIENCE;

#[tokio::test]
async fn the_printed_settings_are_whole_and_other_commands_work_with_them() {
    // The secrets are also in the environment, so that other output masks them.
    let outside = Outside::new().await;
    let language = ["--timezone", "Asia/Tokyo", "--locale", "ja"];
    let mut command = outside.command(&[&["demo", "--port", "0"][..], &language].concat());
    let mut demo = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let mut printed: Vec<(String, String)> = Vec::new();
    let mut page = None;
    let reading = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(rest) = line.strip_prefix("Open ") {
                page = rest.split_once(' ').map(|(page, _)| page.to_owned());
            }
            if let Some(setting) = line.trim_start().strip_prefix("export ") {
                let (name, value) = setting.split_once('=').unwrap();
                printed.push((name.to_owned(), value.to_owned()));
            }
            if line.ends_with("show yesterday") {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    for (name, value) in [
        ("SLACK_SIGNING_SECRET", SIGNING_SECRET),
        ("SLACK_BOT_TOKEN", BOT_TOKEN),
        ("TIMEZONE", "Asia/Tokyo"),
        ("LOCALE", "ja"),
    ] {
        let setting = (name.to_owned(), value.to_owned());
        assert!(printed.contains(&setting), "{printed:?}");
    }

    let page = reqwest::get(page.unwrap()).await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("<html lang=\"ja\">"), "{page}");

    let mut check = outside.command(&["check", "--json"]);
    let checked = check.env_clear().envs(printed).output();
    let checked = tokio::time::timeout(PATIENCE, checked).await;
    let found: Value = serde_json::from_slice(&checked.unwrap().unwrap().stdout).unwrap();
    let verdict = |topic: &str| {
        let findings = found["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["topic"] == topic);
        finding.map(|finding| &finding["verdict"])
    };
    for topic in ["Settings", "Slack token", "Slack channel", "Table access"] {
        assert_eq!(verdict(topic), Some(&Value::from("well")), "{found}");
    }
}
