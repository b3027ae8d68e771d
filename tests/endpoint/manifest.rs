//! The app manifest matches the program's endpoints, and requests only the needed scopes.

use securityhub_members::slack::manifest::{ChannelKinds, Manifest, RequestTarget};
use securityhub_members::text::guidance::COMMAND;
use serde_json::{Value, json};

use crate::program::Outside;

/// All URLs in the manifest.
fn addresses(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) if text.contains("://") => vec![text],
        Value::Array(values) => values.iter().flat_map(addresses).collect(),
        Value::Object(fields) => fields.values().flat_map(addresses).collect(),
        _ => Vec::new(),
    }
}

fn made(target: RequestTarget, channels: ChannelKinds) -> Manifest {
    Manifest { target, channels }
}

fn example() -> RequestTarget {
    RequestTarget::Address("https://bot.example.com".parse().unwrap())
}

#[test]
fn the_manifest_in_the_repository_is_the_commands_for_the_example() {
    let kept = include_str!("../../manifest.yml");
    assert_eq!(made(example(), ChannelKinds::Public).yaml(), kept);
}

#[test]
fn the_manifest_leads_to_the_three_paths_and_names_the_command() {
    let json = made(example(), ChannelKinds::Public).json();
    assert_eq!(
        addresses(&json),
        [
            "https://bot.example.com/slack/commands",
            "https://bot.example.com/slack/events",
            "https://bot.example.com/slack/interactions"
        ]
    );
    assert_eq!(json["features"]["slash_commands"][0]["command"], COMMAND);
    assert_eq!(json["settings"]["socket_mode_enabled"], false);
}

#[test]
fn for_socket_mode_the_manifest_has_no_address_and_else_the_same() {
    let json = made(RequestTarget::Socket, ChannelKinds::Public).json();
    assert_eq!(addresses(&json), Vec::<&str>::new());
    let mut other = made(example(), ChannelKinds::Public).json();
    other["features"]["slash_commands"][0]
        .as_object_mut()
        .unwrap()
        .remove("url");
    for part in ["event_subscriptions", "interactivity"] {
        let part = other["settings"][part].as_object_mut().unwrap();
        part.remove("request_url").unwrap();
    }
    other["settings"]["socket_mode_enabled"] = true.into();
    assert_eq!(json, other);
}

#[test]
fn the_manifest_asks_for_the_least_scopes_and_one_event() {
    for target in [example(), RequestTarget::Socket] {
        for (channels, history) in [
            (ChannelKinds::Public, &["channels:history"][..]),
            (ChannelKinds::Private, &["groups:history"]),
            (ChannelKinds::Both, &["channels:history", "groups:history"]),
        ] {
            let json = made(target.clone(), channels).json();
            let scopes = [&["commands", "chat:write"], history].concat();
            assert_eq!(json["oauth_config"]["scopes"], json!({ "bot": scopes }));
            let events = &json["settings"]["event_subscriptions"]["bot_events"];
            assert_eq!(*events, json!(["app_home_opened"]));
        }
    }
}

#[tokio::test]
async fn the_command_prints_it_without_any_setting_and_refuses_what_slack_cannot_reach() {
    let mut outside = Outside::new().await;
    outside.environment.clear();
    let url = ["manifest", "--url", "https://bot.example.com/"];
    let run = outside.run(&url).await;
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, include_str!("../../manifest.yml"))
    );
    let run = outside.run(&[&url[..], &["--json"]].concat()).await;
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(json, made(example(), ChannelKinds::Public).json());
    let run = outside
        .run(&["manifest", "--socket-mode", "--private-channel"])
        .await;
    assert_eq!(
        run.out,
        made(RequestTarget::Socket, ChannelKinds::Private).yaml()
    );
    let several = "[[channel]]\nid = 'C0000000001'\n[[channel]]\nid = 'C0000000002'";
    let socket = ["manifest", "--socket-mode"];
    for (file, flags, channels) in [
        ("", &[][..], ChannelKinds::Public),
        (several, &[], ChannelKinds::Both),
        (several, &["--private-channel"], ChannelKinds::Private),
        (several, &["--public-channel"], ChannelKinds::Public),
        (
            "",
            &["--private-channel", "--public-channel"],
            ChannelKinds::Both,
        ),
    ] {
        outside.set("CONFIG_TOML", file);
        let run = outside.run(&[&socket[..], flags].concat()).await;
        assert_eq!(run.out, made(RequestTarget::Socket, channels).yaml());
    }
    outside.environment.clear();
    for (arguments, said) in [
        (&["manifest"][..], "--url"),
        (&["manifest", "--url", "https://localhost"], "--socket-mode"),
        (&["manifest", "--url", "http://bot.example.com"], "https"),
        (&[&url[..], &["--socket-mode"]].concat(), "--socket-mode"),
    ] {
        let run = outside.run(arguments).await;
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
        assert!(run.err.contains(said), "{run:?}");
        // The settings in the environment are not part of the usage.
        assert!(!run.err.contains("--slack-"), "{run:?}");
    }
}
