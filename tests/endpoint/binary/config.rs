//! The configuration file, and `config`, which needs no network.

use std::process::Stdio;

use clap::{Args as _, Command};
use securityhub_members::demo::slack::{BOT_TOKEN, CHANNEL};
use securityhub_members::settings::Settings;

use crate::program::{Outside, Run};

/// Runs `config` with these variables only.
async fn config(arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_securityhub-members"))
        .args(arguments)
        .arg("config")
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output();
    let output = output.await.unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The line about a key.
fn line<'a>(run: &'a Run, key: &str) -> &'a str {
    let of_key = |line: &&str| {
        let line = line.trim_start_matches("# ");
        line.strip_prefix(key)
            .is_some_and(|rest| rest.starts_with([' ', ':']))
    };
    let mut lines = run.out.lines();
    lines
        .find(of_key)
        .unwrap_or_else(|| panic!("{key}: {run:?}"))
}

const REQUIRED: [(&str, &str); 3] = [
    ("SLACK_BOT_TOKEN", BOT_TOKEN),
    ("SLACK_SIGNING_SECRET", "hush-hush-hush"),
    ("SLACK_CHANNEL", CHANNEL),
];

#[tokio::test]
async fn a_flag_precedes_a_variable_and_a_variable_the_file_for_every_setting() {
    let settings = Settings::augment_args(Command::new("settings"));
    let arguments = settings
        .get_arguments()
        .filter(|argument| !argument.is_hide_set());
    let names = arguments.map(|argument| argument.get_id().as_str().to_owned());
    let names = names.filter(|name| !name.starts_with("CONFIG"));
    // Secrets cannot be in the file.
    let names: Vec<_> = names
        .filter(|name| !name.ends_with("_SECRET") && !name.ends_with("_TOKEN"))
        .collect();
    assert!(names.len() > 20, "{names:?}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let lines = names
        .iter()
        .map(|name| format!("{} = \"in-file\"\n", name.to_lowercase()));
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    let path = path.to_str().unwrap();
    let variables = names.iter().map(|name| (name.as_str(), "in-variable"));
    let variables: Vec<_> = variables.collect();
    let flags = names.iter().map(|name| {
        let flag = name.to_lowercase().replace('_', "-");
        format!("--{flag}=as-flag")
    });
    let flags: Vec<_> = flags.collect();
    let mut arguments: Vec<_> = flags.iter().map(String::as_str).collect();
    arguments.extend(["--config", path]);

    let all = config(&arguments, &variables).await;
    let both = config(&["--config", path], &variables).await;
    let only = config(&[], &[("CONFIG", path)]).await;
    let none = config(&[], &[]).await;
    for (index, name) in names.iter().enumerate() {
        let key = name.to_lowercase();
        let flag = key.replace('_', "-");
        for (run, value, origin) in [
            (&all, "as-flag", format!("# flag --{flag}")),
            (&both, "in-variable", format!("# variable {name}")),
            (&only, "in-file", format!("# {path}:{}", index + 1)),
        ] {
            let line = line(run, &key);
            assert!(line.contains(value) && line.ends_with(&origin), "{line}");
        }
        let line = line(&none, &key);
        assert!(
            line.ends_with("# default") || line.contains(": not set"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn what_config_prints_is_a_file_that_gives_the_same_settings() {
    let text = "timezone = 'Asia/Tokyo'\nretention_days = 730\n[[administrator]]\nrole = 'self'\nregions = ['all']\n";
    let mut variables = REQUIRED.to_vec();
    variables.push(("CONFIG_TOML", text));
    let first = config(&[], &variables).await;
    assert_eq!((first.code, first.err.as_str()), (0, ""), "{first:?}");
    for secret in ["hush", BOT_TOKEN] {
        assert!(!first.out.contains(secret), "{first:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved.toml");
    std::fs::write(&path, &first.out).unwrap();
    let path = path.to_str().unwrap();
    let second = config(&["--config", path], &REQUIRED).await;
    assert_eq!(second.code, 0, "{second:?}");
    let without_origins = |run: &Run| {
        let lines = run.out.lines().skip(1);
        let values = lines.map(|line| line.rsplit_once(" # ").map_or(line, |(value, _)| value));
        values.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_origins(&second), without_origins(&first));
}

#[tokio::test]
async fn config_prints_everything_and_fails_if_a_setting_is_invalid() {
    let text = "poll_intervall = '15m'\ntimezone = 'JST'\n";
    let run = config(&[], &[("CONFIG_TOML", text), ("LOCALE", "fr")]).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(line(&run, "timezone"), "timezone = \"JST\" # CONFIG_TOML:2");
    for said in [
        "6 invalid settings:",
        "CONFIG_TOML:1: poll_intervall: unknown key: did you mean poll_interval?",
        "CONFIG_TOML:2: timezone: \"JST\" must be an IANA time zone",
        "for example: timezone = \"Asia/Tokyo\"",
        "LOCALE: \"fr\" must be en or ja",
        "SLACK_BOT_TOKEN: not set",
    ] {
        assert!(run.err.contains(said), "{said}: {run:?}");
    }
}

#[tokio::test]
async fn check_and_poll_use_the_file_and_check_names_it() {
    let mut outside = Outside::with_table().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let text = format!("regions = [\"eu-west-1\"]\n[[channel]]\nid = {CHANNEL:?}\n");
    std::fs::write(&path, text).unwrap();
    outside
        .environment
        .retain(|(name, _)| *name != "SLACK_CHANNEL");
    let path = path.to_str().unwrap();
    outside.set("CONFIG", path);
    let run = outside.run(&["check"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains(&format!("read {path}")), "{run:?}");
    assert_eq!(outside.run(&["poll"]).await.code, 0);
}
