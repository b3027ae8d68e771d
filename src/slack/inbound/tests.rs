use super::*;

fn slack() -> ResponseOrigin {
    ResponseOrigin::of_api(&"https://slack.com/api".parse().unwrap())
}

#[test]
fn a_response_url_leads_to_slack_and_nowhere_else() {
    let parse = |url| ResponseUrl::parse(url, &slack()).is_ok();
    assert!(parse("https://hooks.slack.com/commands/T1/2/x"));
    for url in [
        "http://hooks.slack.com/commands/T1/2/x",
        "https://hooks.slack.com.evil.example/commands",
        "https://evil.example/?https://hooks.slack.com/",
        "https://hooks.slack.com@evil.example/",
        "https://user@hooks.slack.com/",
        "https://hooks.slack.com:8443/",
        "https://slack.com/",
        "file:///etc/passwd",
        "blob:https://hooks.slack.com/commands/T1/2/x",
        "",
    ] {
        assert!(!parse(url), "{url}");
    }
}

#[test]
fn govslack_is_answered_at_govslack_only() {
    let gov = ResponseOrigin::of_api(&"https://slack-gov.com/api".parse().unwrap());
    let parse = |url| ResponseUrl::parse(url, &gov).is_ok();
    assert!(parse("https://hooks.slack-gov.com/commands/T1/2/x"));
    for url in [
        "https://hooks.slack.com/commands/T1/2/x",
        "https://slack-gov.com/commands/T1/2/x",
        "https://hooks.slack-gov.com.evil.example/commands",
    ] {
        assert!(!parse(url), "{url}");
    }
    let commercial = "https://hooks.slack-gov.com/commands/T1/2/x";
    assert!(ResponseUrl::parse(commercial, &slack()).is_err());
}

#[test]
fn no_debug_output_contains_a_response_url() {
    let address = "https://hooks.slack.com/actions/T1/2/hush";
    let url = ResponseUrl::parse(address, &slack()).unwrap();
    let form = |fields: &[(&str, &str)]| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).finish()
    };
    let typed = form(&[("user_id", "U1"), ("response_url", address)]);
    let typed = command(typed.as_bytes(), &slack()).unwrap();
    let pressed = format!(
        r#"{{"type":"block_actions","user":{{"id":"U1"}},"response_url":"{address}",
            "actions":[{{"action_id":"answer_share"}}]}}"#
    );
    let pressed = form(&[("payload", &pressed)]);
    let pressed = interaction(pressed.as_bytes(), &slack()).unwrap();
    let printed = format!("{url:?} {typed:?} {pressed:?}");
    assert!(!printed.contains("hush"), "{printed}");
}

#[test]
fn a_mocks_response_url_leads_to_the_mock() {
    let mock = ResponseOrigin::of_api(&"http://127.0.0.1:4000/api".parse().unwrap());
    assert!(ResponseUrl::parse("http://127.0.0.1:4000/commands/1", &mock).is_ok());
    assert!(ResponseUrl::parse("http://127.0.0.1:4001/commands/1", &mock).is_err());
    assert!(ResponseUrl::parse("https://hooks.slack.com/commands/1", &mock).is_err());
}

#[test]
fn a_command_is_read_and_a_repeated_or_missing_field_refused() {
    let read = |body: &str| command(body.as_bytes(), &slack());
    let url = "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F1";
    let good = read(&format!(
        "text=%E6%98%A8%E6%97%A5&user_id=U1&{url}&new_field=1"
    ))
    .unwrap();
    assert_eq!((good.text.as_str(), good.user.as_str()), ("昨日", "U1"));
    for bad in [
        format!("text=a&text=b&user_id=U1&{url}"),
        format!("text=a&te%78t=b&user_id=U1&{url}"),
        format!("text=a&{url}"),
        format!("user_id=U1%3E&{url}"),
        "text=a&user_id=U1".to_owned(),
    ] {
        assert!(read(&bad).is_err(), "{bad}");
    }
    assert!(command(b"text=\xff&user_id=U1", &slack()).is_err());
}

#[test]
fn unknown_events_and_interactions_are_no_error() {
    let other = event(br#"{"type":"event_callback","event":{"type":"brand_new","user":{"id":1}}}"#);
    assert!(matches!(other, Ok(SlackEvent::Other(kind)) if kind == "brand_new"));
    let messages = br#"{"type":"event_callback","event":{"type":"app_home_opened","user":"U1","tab":"messages"}}"#;
    assert!(matches!(event(messages), Ok(SlackEvent::Other(_))));
    assert!(matches!(
        event(br#"{"type":"app_rate_limited"}"#),
        Ok(SlackEvent::Other(_))
    ));
    let payload = form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", r#"{"type":"view_closed","team":null}"#)
        .finish();
    assert!(matches!(
        interaction(payload.as_bytes(), &slack()),
        Ok(Interaction::Other(_))
    ));
}

#[test]
fn the_content_of_an_unknown_event_or_action_may_have_any_form() {
    let event_body =
        br#"{"type":"event_callback","event":{"type":"brand_new","view":"x","tab":1}}"#;
    assert!(matches!(event(event_body), Ok(SlackEvent::Other(_))));
    let payload = r#"{"type":"block_actions","user":{"id":"U1"},"view":7,
        "actions":[{"action_id":"theirs","value":5,"selected_option":"x"}]}"#;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", payload)
        .finish();
    let Ok(Interaction::Action(action)) = interaction(form.as_bytes(), &slack()) else {
        panic!("an action");
    };
    assert_eq!((action.id.as_str(), action.value), ("theirs", None));
    assert_eq!(action.view, Some(View::default()));
}

#[test]
fn a_body_that_is_not_an_event_is_malformed() {
    for body in [
        "",
        "{",
        "[]",
        r#"{"type":"event_callback"}"#,
        r#"{"type":"url_verification"}"#,
    ] {
        assert!(event(body.as_bytes()).is_err(), "{body}");
    }
    for body in [
        r#"{"type":"event_callback","event":"swordfish"}"#,
        r#"["swordfish"]"#,
    ] {
        let payload = form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", body)
            .finish();
        let errors = [
            event(body.as_bytes()).err(),
            interaction(payload.as_bytes(), &slack()).err(),
        ];
        assert!(errors.iter().any(Option::is_some), "{body}");
        for error in errors.into_iter().flatten() {
            assert!(!error.to_string().contains("swordfish"), "{error}");
        }
    }
    assert!(interaction(b"payload=nonsense", &slack()).is_err());
    assert!(interaction(b"other=1", &slack()).is_err());
}
