//! Text from AWS and from users is only shown: it can't mention, link, format or hide anything,
//! nor control the terminal.

use securityhub_members::demo::aws::SimulatedAccount;
use securityhub_members::demo::slack::Call;
use securityhub_members::demo::slack::Input;
use securityhub_members::demo::slack::{Place, Press, SAM};
use securityhub_members::domain::query::Query;
use securityhub_members::emails::{EmailView, Emails};
use securityhub_members::slack::view::answer::SHARE;
use securityhub_members::slack::view::home::FILTER;
use securityhub_members::terminal;
use securityhub_members::text::Locale;
use securityhub_members::text::voice::Voice;
use securityhub_members::watch::{OrganizationUse, Refresh, Refreshed};
use serde_json::Value;

use crate::support::{IRELAND, PATIENCE, Setup, World, id, member, read};

/// Only U0SAM, who shares an answer, may be mentioned.
const HOSTILE: [&str; 30] = [
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<@U0AIKO>",
    "<#C0SECURITY>",
    "<!subteam^S0TEAM>",
    "<!date^0^{date}|today>",
    "<https://evil.example|AWS>",
    "<mailto:eve@evil.example|help>",
    "https://evil.example/?a=1&b=2",
    "&lt;!channel&gt;",
    "`code`",
    "```block```",
    "```",
    "*Enabled* *",
    "_sneaky_ a_b _",
    "~gone~",
    "one\n> two\r\n• `000000000000` three",
    "tab\tstop\u{b}\u{c}",
    "\u{202e}delbanE\u{202c}",
    "\u{202a}\u{202b}\u{202d}a\u{2066}\u{2067}\u{2068}b\u{2069}",
    "a\u{200b}b\u{200c}c\u{200d}d\u{200e}e\u{200f}f\u{feff}g",
    "\u{61c}a\u{ad}b\u{2028}c\u{2029}d\u{3164}e",
    "\u{e0041}\u{e007f}tags",
    "\u{200b}\u{2060}",
    "\u{1b}[31mred\u{1b}[0m\u{1b}[2J",
    "\u{1b}]0;title\u{7}\u{1b}]8;;https://evil.example\u{1b}\\link",
    "\u{9b}31mred\u{9d}0;title\u{9c}",
    "nul\0del\u{7f}back\u{8}\u{8}",
    "\\*not\\_escaped\\`",
];

/// A separate list, so that a gap in the product's list is found.
fn is_hidden(letter: char) -> bool {
    let marks = [
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{2069}',
        '\u{e0000}'..='\u{e007f}',
    ];
    let single = ['\u{ad}', '\u{61c}', '\u{3164}', '\u{feff}'];
    letter.is_control()
        || single.contains(&letter)
        || marks.iter().any(|marks| marks.contains(&letter))
}

fn assert_visible(text: &str) {
    let hidden = text
        .chars()
        .find(|letter| *letter != '\n' && is_hidden(*letter));
    assert_eq!(hidden, None, "{text:?}");
}

/// Asserts that `mrkdwn` has only the bot's own markup.
fn assert_means_nothing(text: &str) {
    assert_visible(text);
    for (at, _) in text.match_indices('<') {
        let after = &text[at + 1..];
        let ours = ["https://console.aws.amazon.com/", "@U0SAM>"];
        assert!(ours.iter().any(|ours| after.starts_with(ours)), "{text}");
    }
    for (at, _) in text.match_indices('&') {
        let entities = ["&amp;", "&lt;", "&gt;"];
        let after = &text[at..];
        assert!(
            entities.iter().any(|entity| after.starts_with(entity)),
            "{text}"
        );
    }
    // In a code block, only the closing backticks have a meaning.
    assert_eq!(text.matches("```").count() % 2, 0, "{text}");
    let parts = text.split("```").enumerate();
    assert!(
        parts
            .clone()
            .all(|(index, part)| index % 2 == 0 || !part.contains('`'))
    );
    let outside = parts.filter(|(index, _)| index % 2 == 0);
    for line in outside.flat_map(|(_, part)| part.lines()) {
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        let mut plain = String::new();
        for (index, part) in line.split('`').enumerate() {
            if index % 2 == 0 {
                plain.push_str(part);
                continue;
            }
            let id = part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit());
            let is_trend = part.chars().all(|step| "▁▂▃▄▅▆▇█·".contains(step));
            let is_command = part.starts_with("/securityhub-members");
            assert!(id || is_trend || is_command, "{line}");
            assert_ne!(part, "000000000000", "a line that nobody wrote: {line}");
        }
        assert_eq!(plain.matches('*').count() % 2, 0, "{line}");
        assert!(!plain.contains('~'), "{line}");
        let letters: Vec<_> = plain.chars().collect();
        for window in letters.windows(3).filter(|window| window[1] == '_') {
            let joined = window[0].is_alphanumeric() && window[2].is_alphanumeric();
            assert!(joined, "{line}");
        }
    }
}

fn assert_harmless(sent: &Value) {
    match sent {
        // In plain text, only invisible characters can do harm.
        Value::Object(fields)
            if fields
                .get("type")
                .is_some_and(|kind| kind == "plain_text" || kind == "raw_text") =>
        {
            assert_visible(fields["text"].as_str().unwrap());
        }
        Value::Object(fields) => fields.values().for_each(assert_harmless),
        Value::Array(values) => values.iter().for_each(assert_harmless),
        Value::String(text) => assert_means_nothing(text),
        _ => {}
    }
}

/// The visible texts, without the values of elements.
fn shown(sent: Value) -> Value {
    match sent {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !matches!(name.as_str(), "value" | "block_id" | "url"))
            .map(|(name, value)| (name, shown(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(shown).collect(),
        other => other,
    }
}

/// A world in which every hostile text is a status and an email address.
async fn hostile(locale: Locale) -> World {
    let world = World::with(Setup {
        locale,
        emails: Emails::Everywhere,
        organization: Some(OrganizationUse::Required),
        ..Setup::default()
    })
    .await;
    world.poll_at("2026-11-18T10:00:00Z", "1 Enabled").await;
    world.set("2026-11-19T10:00:00Z");
    let mut members = Vec::new();
    for (index, text) in HOSTILE.into_iter().enumerate() {
        members.push(member(2 * index + 1, text));
        let mut left = member(2 * index + 2, "Resigned");
        left.email = text.to_owned();
        members.push(left);
    }
    let mut long = member(2 * HOSTILE.len() + 1, "Resigned");
    long.email = "`*<!channel>".repeat(1_000);
    members.push(long);
    // Half of the names belong to accounts that aren't members, and one to a suspended account.
    let account = |(index, text): (usize, &str)| SimulatedAccount {
        id: id(2 * index + 2 + index % 2 * 1_000),
        name: text.to_owned(),
        state: "ACTIVE".to_owned(),
        status: String::new(),
        unit: text.to_owned(),
    };
    let mut accounts: Vec<_> = HOSTILE.into_iter().enumerate().map(account).collect();
    members.push(member(5_000, "Enabled"));
    accounts.push(SimulatedAccount {
        id: id(5_000),
        name: HOSTILE.join(" "),
        state: "SUSPENDED".to_owned(),
        status: String::new(),
        unit: HOSTILE.join("/"),
    });
    world.aws.set_organization(accounts);
    world.aws.set_members(IRELAND, members);
    let read = world.watch.directory.refresh(Refresh::AtStart).await;
    assert_eq!(read.unwrap(), Refreshed::Read(HOSTILE.len() + 1));
    world
}

/// Asserts that there are tables, and whether Slack took them.
fn assert_tables(calls: &[Call], taken: bool) {
    let has_table = |call: &&Call| call.arguments["blocks"].to_string().contains("data_table");
    let tables: Vec<_> = calls.iter().filter(has_table).collect();
    assert!(!tables.is_empty() && tables.iter().all(|call| call.ok() == taken));
}

/// Chooses every status in the filters of the Home tab.
async fn choose_each_status(world: &World, locale: Locale) {
    let filter = Press::click(FILTER);
    for number in 0.. {
        world.slack.act(SAM, &Place::Home, &filter).await.unwrap();
        let form = world.modal_with(SAM, locale.words().status_label()).await;
        let fields = form.view["blocks"].as_array().unwrap();
        let status = fields.iter().find(|block| block["block_id"] == "status");
        let statuses = status.unwrap()["element"]["options"].as_array().unwrap();
        assert!(statuses.len() > HOSTILE.len());
        let Some(status) = statuses.get(number) else {
            break;
        };
        let value = status["value"].as_str().unwrap().to_owned();
        let choice = Input::Option(value);
        world.slack.fill(SAM, "status", choice).unwrap();
        let sent = world.slack.submit(SAM).await;
        assert!(sent.unwrap().acknowledged(), "{status}");
    }
}

#[tokio::test]
async fn hostile_text_mentions_links_formats_and_hides_nothing_in_slack() {
    for locale in [Locale::En, Locale::Ja] {
        let world = hostile(locale).await;
        let _server = world.listen().await;
        let answer = world.ask(SAM, "").await;
        let text = read(&answer.blocks);
        assert!(text.contains("evil.example"), "it is there: {text}");
        world.press(SAM, &answer, SHARE).await;
        world.messages(1).await;
        for question in HOSTILE {
            for question in [
                question.to_owned(),
                format!("昨日 {question}"),
                format!("yesturday{question}"),
                format!("account {question}"),
                format!("status {question}"),
            ] {
                let sent = world
                    .slack
                    .command(SAM, securityhub_members::demo::slack::CHANNEL, &question)
                    .await;
                assert_eq!(sent.error, None, "{question:?}");
            }
        }
        for question in ["status", "status resigned", "200000000002"] {
            world.ask(SAM, question).await;
        }
        world.slack.open_home(SAM).await;
        let home = world
            .slack
            .wait_for(PATIENCE, |workspace| workspace.homes.get(SAM).cloned());
        home.await.unwrap();
        choose_each_status(&world, locale).await;
        let channel = world.channel();
        if locale == Locale::Ja {
            world.slack.reject_blocks("data_table");
        }
        let today = world.watch.calendar.today();
        world
            .watch
            .deliveries
            .deliver(&channel, today)
            .await
            .unwrap();
        world.finish().await;
        let calls = world.slack.calls();
        assert_tables(&calls, locale == Locale::En);

        for call in calls {
            let mut arguments = call.arguments;
            // The bot's own data, which Slack shows to no one.
            arguments["view"]["private_metadata"] = Value::Null;
            arguments["metadata"] = Value::Null;
            assert_harmless(&shown(arguments));
        }
        for sent in world.slack.ephemerals(SAM) {
            assert_harmless(&Value::from(sent.text));
            assert_harmless(&shown(Value::from(sent.blocks)));
        }
    }
}

#[tokio::test]
async fn hostile_text_controls_no_terminal() {
    for locale in [Locale::En, Locale::Ja] {
        let world = hostile(locale).await;
        let answer = world.watch.live.answer(&Query::Now).await.unwrap();
        let voice = Voice::new(locale, chrono_tz::Tz::UTC).showing(EmailView::Shown);
        let mut texts = vec![terminal::render(&voice.answer(&answer))];
        for text in HOSTILE {
            let today = world.watch.calendar.today();
            let error = securityhub_members::domain::query::parse(&format!("x{text}"), today);
            texts.extend(
                error
                    .err()
                    .map(|error| terminal::render(&voice.refusal(&error, today))),
            );
        }
        assert!(texts[0].contains("<!channel>") && texts.len() > HOSTILE.len() / 2);
        for text in texts {
            // The bot's own escape codes.
            let ours = ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[36m", "\u{1b}[0m"];
            let plain = ours.iter().fold(text, |text, ours| text.replace(ours, ""));
            assert_visible(&plain);
            assert!(
                !plain.lines().any(|line| line.starts_with("> two")),
                "{plain}"
            );
        }
        let json = terminal::json(&answer).unwrap();
        assert_visible(&json);
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read, serde_json::to_value(&answer).unwrap());
    }
}
