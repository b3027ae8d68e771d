//! Deprecated names are accepted, and must not contradict the current ones.

use super::*;

#[test]
fn a_deprecated_name_is_accepted_and_reported() {
    let stale_after = |settings: Settings| {
        let config = settings.check(Needs::default()).unwrap();
        let deprecated = config.deprecated.iter().map(|setting| setting.name);
        (config.stale_after.as_secs(), deprecated.collect::<Vec<_>>())
    };
    let old = ["STALE_AFTER"];
    for (settings, seconds, deprecated) in [
        (given([]), 7200, &[][..]),
        (given([("STALE_AFTER", "3h")]), 10800, &[]),
        (given([("UNREAD_AFTER", "3h")]), 10800, &old),
        (given([("UNREAD_AFTER", " ")]), 7200, &[]),
        (
            given([("STALE_AFTER", "3h"), ("UNREAD_AFTER", "180m")]),
            10800,
            &old,
        ),
        (
            given([("STALE_AFTER", "3h"), ("UNREAD_AFTER", "")]),
            10800,
            &[],
        ),
    ] {
        assert_eq!(stale_after(settings), (seconds, deprecated.to_vec()));
    }
}

#[test]
fn a_deprecated_name_must_not_contradict_the_current_one() {
    let settings = given([("STALE_AFTER", "3h"), ("UNREAD_AFTER", "2h")]);
    let error = settings.check(Needs::default()).unwrap_err();
    assert!(error.names("STALE_AFTER"));
    insta::assert_snapshot!(error, @r"
    1 invalid setting:
      STALE_AFTER: conflicts with UNREAD_AFTER, its deprecated name: remove UNREAD_AFTER
        for example: STALE_AFTER=2h
    Set them in the environment, or as flags: --stale-after …
    ");
    let settings = given([("STALE_AFTER", "3h"), ("UNREAD_AFTER", "soon")]);
    let error = settings.check(Needs::default()).unwrap_err();
    assert!(error.names("STALE_AFTER"));
    insta::assert_snapshot!(error, @r##"
    1 invalid setting:
      UNREAD_AFTER: "soon" must be a duration from 1m to 30days
        for example: STALE_AFTER=2h
    Set them in the environment, or as flags: --stale-after …
    "##);
}
