//! The app manifest names what the program serves, and asks for no more than it uses.

use securityhub_members::text::guidance::COMMAND;

const MANIFEST: &str = include_str!("../../manifest.yml");

/// The entries of the block list below a key.
fn list_below(key: &str) -> Vec<&'static str> {
    let lines = MANIFEST
        .lines()
        .skip_while(|line| line.trim() != key)
        .skip(1);
    lines
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .map_while(|line| line.strip_prefix("- "))
        .map(|entry| entry.split('#').next().unwrap_or_default().trim())
        .collect()
}

#[test]
fn the_manifest_leads_to_the_three_paths_and_names_the_command() {
    for path in ["commands", "events", "interactions"] {
        let url = format!("https://bot.example.com/slack/{path}");
        assert_eq!(MANIFEST.matches(&url).count(), 1, "{url}");
    }
    assert_eq!(MANIFEST.matches("https://bot.example.com").count(), 3);
    assert!(MANIFEST.contains(&format!("command: {COMMAND}")));
}

#[test]
fn the_manifest_asks_for_the_least_scopes_and_one_event() {
    assert_eq!(
        list_below("bot:"),
        ["commands", "chat:write", "channels:history"]
    );
    assert_eq!(list_below("bot_events:"), ["app_home_opened"]);
}
