use proptest::prelude::*;

use super::*;

#[test]
fn text_that_looks_like_a_token_is_masked_anywhere() {
    for (text, masked) in [
        ("xoxb-1-mutter", "xoxb-…"),
        ("\"xoxp-1-mutter\" is not", "\"xoxp-…\" is not"),
        (
            "dns error: securityhub.xoxb-1-mutter.amazonaws.com",
            "dns error: securityhub.xoxb-….amazonaws.com",
        ),
        ("token%3Dxoxb-1%2Dmutter&a=b", "token%3Dxoxb-…&a=b"),
        ("XOXB-1-MUTTER", "XOXB-…"),
        ("xoxe.xoxp-1-mutter, xoxe-1-mutter", "xoxe.xoxp-…, xoxe-…"),
        ("--xapp-1-A0-mutter", "--xapp-…"),
        (
            "https://hooks.slack.com/commands/T1/2/mutter)",
            "https://hooks.slack.com/…)",
        ),
        (
            "https://hooks.slack-gov.com/services/T1/mutter",
            "https://hooks.slack-gov.com/…",
        ),
        (
            "wss://wss-primary.slack.com/link/?ticket=mutter&app_id=1",
            "wss://wss-primary.slack.com/link/?ticket=…&app_id=1",
        ),
        (
            "http://user:mutter@proxy.example.com:3128",
            "http://…@proxy.example.com:3128",
        ),
        (
            "Authorization: Bearer abcd-1-mutter",
            "Authorization: Bearer …",
        ),
        ("key AKIAIOSFODNN7EXAMPLE", "key AKIA…"),
        (
            "AWS_REGION=8f742231b10e8888abcd99aaaeee85a5",
            "AWS_REGION=[secret]",
        ),
        ("(8f742231b10e8888abcd99aaaeee85a5)", "([secret])"),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.", "[secret]."),
    ] {
        assert_eq!(mask(text), masked);
        assert_eq!(mask(masked), masked, "once is enough");
    }
}

#[test]
fn a_colour_in_front_of_a_token_does_not_hide_it() {
    for (text, masked) in [
        (
            "'\u{1b}[33mASIAIOSFODNN7EXAMPLE\u{1b}[0m'",
            "'\u{1b}[33mASIA…\u{1b}[0m'",
        ),
        (
            "\u{1b}[1;31m8f742231b10e8888abcd99aaaeee85a5\u{1b}[0m",
            "\u{1b}[1;31m[secret]\u{1b}[0m",
        ),
        ("\u{1b}xoxb-1-mutter\u{1b}[", "\u{1b}xoxb-…\u{1b}["),
    ] {
        assert_eq!(mask(text), masked);
    }
}

#[test]
fn ids_and_addresses_that_an_operator_needs_are_not_masked() {
    for text in [
        "SLACK_BOT_TOKEN: must be a bot token, which begins with xoxb-",
        "for example: SLACK_SIGNING_SECRET=8f742231b10e8888abcd99yyyzzz85a5",
        "arn:aws:sts::111122223333:assumed-role/bot/0123456789abcdef0123456789abcdef",
        "SNAPSHOT#2026-11-25 111122223333/eu-west-1#3#0123456789abcdef0123456789abcdef#0",
        "request 0f4e1c5a-9f0b-4c3d-8a53-3f6d1e9a2b10",
        "5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d5badf00d",
        "basic authentication, a bearer token",
        "https://console.aws.amazon.com/securityhub/home?region=eu-west-1#/settings/general",
        "look at wss://*.slack.com and https://hooks.slack.com/",
        "aws+1@example.com",
        "日本語 … ✅",
    ] {
        assert_eq!(mask(text), text);
    }
}

#[test]
fn a_secret_that_the_program_has_is_masked_whatever_it_looks_like() {
    remember("cor\"rect\\horse,battery staple,short");
    for text in [
        "cor\"rect\\horse",
        r#""cor\"rect\\horse""#,
        r#""\"cor\\\"rect\\\\horse\" is wrong""#,
        "cor%22rect%5Chorse",
        "battery staple",
        "battery+staple",
    ] {
        let masked = mask(text);
        assert!(masked.contains(MASK), "{masked}");
        assert!(
            !masked.contains("rect") && !masked.contains("staple"),
            "{masked}"
        );
    }
    assert_eq!(mask("a short text"), "a short text");
}

#[test]
fn a_secret_with_commas_is_masked_as_a_whole_too() {
    remember("few,long,parts,in it");
    assert_eq!(
        mask("signed with few,long,parts,in it"),
        "signed with [secret]"
    );
}

#[test]
fn no_number_of_secrets_makes_the_program_forget_one_in_use() {
    let mut known = KnownSecrets::new();
    let (given, current) = (
        |number: usize| format!("mutter {number}: given"),
        |file: usize, turn: usize| format!("mutter {turn} of {file}: renewed"),
    );
    (0..1_000).for_each(|number| known.give(&given(number)));
    known.renew("rarely", "mutter: rarely renewed");
    for turn in 0..50 {
        known.renew("often", &current(1, 0));
        known.renew("often", &current(1, turn));
        known.renew("often", &format!("{},", current(2, turn)).repeat(50));
    }
    let in_use = (0..1_000).map(given);
    let in_use = in_use.chain([
        "mutter: rarely renewed".to_owned(),
        current(1, 0),
        current(1, 49),
    ]);
    for secret in in_use {
        assert_eq!(known.mask(&secret), MASK, "{secret}");
    }
    // Only a file's own earlier secrets make room.
    assert_eq!(known.renewed["often"].len(), MOST_OF_A_FILE);
    assert_eq!(known.mask(&current(1, 1)), current(1, 1));
}

#[test]
fn the_log_writer_masks_each_line() {
    let mut log = Vec::new();
    writeln!(Masking::new(&mut log), "one xoxb-1-mutter").unwrap();
    Masking::new(&mut log)
        .write_all(b"\xff two xapp-1-mutter\n")
        .unwrap();
    assert_eq!(
        String::from_utf8(log).unwrap(),
        "one xoxb-…\n\u{fffd} two xapp-…\n"
    );
}

proptest! {
    #[test]
    fn no_token_survives_and_nothing_else_is_lost(
        before in r"[a-z .:='(/-]{0,12}[ =:'(/.]",
        kind in "xox[abpers]-|xapp-1-|xoxe.xoxb-1-",
        rest in "[0-9A-Z]{6}[0-9a-zA-Z]{6,20}",
        after in "[ ,:')./][a-z ,.:')/-]{0,12}",
    ) {
        let text = format!("{before}{kind}{rest}{after}");
        let masked = mask(&text);
        prop_assert!(!masked.contains(&rest), "{masked}");
        prop_assert!(masked.ends_with(&after), "{masked}");
    }

    #[test]
    fn any_text_can_be_masked(text in "\\PC{0,80}") {
        let masked = mask(&text).into_owned();
        prop_assert_eq!(mask(&masked), masked.as_str());
    }
}
