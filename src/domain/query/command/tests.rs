use chrono::Days;
use proptest::prelude::*;

use super::*;

/// A Thursday.
const TODAY: &str = "2026-11-26";

fn read(text: &str) -> Option<CaseRequest> {
    let limits = CaseLimits {
        today: TODAY.parse().unwrap(),
        longest: Days::new(90),
    };
    case_command(text, limits)
}

fn understood(text: &str) -> String {
    let Some(request) = read(text) else {
        return "not a command".to_owned();
    };
    let said = match request.command {
        Ok(CaseCommand::List) => String::new(),
        Ok(CaseCommand::Accept {
            account,
            until,
            why,
        }) => {
            format!("{account:?} until {until}: {}", why.as_str())
        }
        Ok(command) => format!("{:?}", command.account().unwrap()),
        Err(error) => format!("{error:?}"),
    };
    let said = said.replace("Name(\"", "").replace("\")", "");
    format!("{} {said}", request.verb.as_str())
        .trim()
        .to_owned()
}

const ID: &str = "Id(123456789012)";

#[test]
fn accounts_are_taken_given_back_and_withdrawn_in_both_languages() {
    for (text, wanted) in [
        ("take payments-prod", "take payments-prod"),
        ("Take “Payments Prod”", "take payments prod"),
        ("take Payments Prod", "take payments prod"),
        ("  `take 123456789012`", &format!("take {ID}")),
        ("take 1234 5678 9012", &format!("take {ID}")),
        ("ｔａｋｅ　１２３４５６７８９０１２", &format!("take {ID}")),
        (
            "/securityhub-members take payments-prod",
            "take payments-prod",
        ),
        ("untake 123456789012", &format!("untake {ID}")),
        ("unack 'payments-prod'", "unack payments-prod"),
        ("対応 payments-prod", "take payments-prod"),
        ("対応「決済 本番」", "take 決済 本番"),
        ("対応 取消 payments-prod", "untake payments-prod"),
        ("対応取り消し payments-prod", "untake payments-prod"),
        ("想定内 取消 payments-prod", "unack payments-prod"),
        ("想定内　取消し　決済本番", "unack 決済本番"),
        ("acks", "acks"),
        ("*Acks.*", "acks"),
        ("想定内一覧", "acks"),
        ("想定内 一覧", "acks"),
        ("take", "take WhichAccount"),
        ("take “”", "take WhichAccount"),
        ("take “payments", "take OpenQuote"),
        ("unack", "unack WhichAccount"),
        ("対応", "take WhichAccount"),
        ("対応 取消", "untake WhichAccount"),
    ] {
        assert_eq!(understood(text), wanted, "{text}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one list of cases")]
fn an_acceptance_has_an_account_an_end_and_a_reason() {
    let until = |date: &str, why: &str| format!("ack payments-prod until {date}: {why}");
    for (text, date, why) in [
        (
            "ack payments-prod until 2026-12-31 sold",
            "2026-12-31",
            "sold",
        ),
        (
            "ACK payments-prod UNTIL 31 Dec sold to B.",
            "2026-12-31",
            "sold to B.",
        ),
        (
            "ack payments-prod until Dec 31, 2026: sold",
            "2026-12-31",
            "sold",
        ),
        (
            "ack payments-prod until Thu 31 Dec sold",
            "2026-12-31",
            "sold",
        ),
        ("ack payments-prod until 5 Jan sold", "2027-01-05", "sold"),
        ("ack payments-prod until 12/31 sold", "2026-12-31", "sold"),
        (
            "ack payments-prod until 31.12.2026 sold",
            "2026-12-31",
            "sold",
        ),
        (
            "ack payments-prod until tomorrow sold",
            "2026-11-27",
            "sold",
        ),
        (
            "ack payments-prod until thursday sold",
            "2026-12-03",
            "sold",
        ),
        (
            "ack payments-prod until 31 Dec 27 services go",
            "2026-12-31",
            "27 services go",
        ),
        (
            "ack payments-prod until 31 Dec: 2026 is over",
            "2026-12-31",
            "2026 is over",
        ),
        ("ack payments-prod for 30d sold", "2026-12-26", "sold"),
        (
            "ack payments-prod for 2 weeks  sold  *twice*",
            "2026-12-10",
            "sold  *twice*",
        ),
        ("ack payments-prod for a month: sold", "2026-12-26", "sold"),
        (
            "ack “payments-prod” for 90 days until it is sold",
            "2027-02-24",
            "until it is sold",
        ),
        (
            "想定内 payments-prod 12月31日まで 売却済み",
            "2026-12-31",
            "売却済み",
        ),
        (
            "想定内 payments-prod 12月31日(木)まで売却済み",
            "2026-12-31",
            "売却済み",
        ),
        (
            "想定内「payments-prod」2026-12-31まで、売却済み",
            "2026-12-31",
            "売却済み",
        ),
        (
            "想定内 payments-prod 30日間 売却済み",
            "2026-12-26",
            "売却済み",
        ),
        (
            "想定内 payments-prod 2か月間 waiting for B",
            "2027-01-26",
            "waiting for B",
        ),
        (
            "想定内 payments-prod 明日まで 作業中",
            "2026-11-27",
            "作業中",
        ),
        ("ack payments-prod 12月31日まで sold", "2026-12-31", "sold"),
        (
            "想定内 payments-prod until 31 Dec 売却済み",
            "2026-12-31",
            "売却済み",
        ),
    ] {
        assert_eq!(understood(text), until(date, why), "{text}");
    }
    for (text, wanted) in [
        (
            "ack Payments Prod until 31 Dec sold",
            "ack payments prod until 2026-12-31: sold",
        ),
        (
            "ack \"Account for Ann\" for 9d sold",
            "ack account for ann until 2026-12-05: sold",
        ),
        (
            "ack 1234 5678 9012 for 9d sold",
            &format!("ack {ID} until 2026-12-05: sold"),
        ),
        (
            "ack 1234-5678-9012 for 9d sold",
            &format!("ack {ID} until 2026-12-05: sold"),
        ),
    ] {
        assert_eq!(understood(text), wanted, "{text}");
    }
}

#[test]
fn each_fault_of_an_acceptance_is_named() {
    for (text, wanted) in [
        ("ack", "WhichAccount"),
        ("ack until 31 Dec sold", "WhichAccount"),
        ("ack payments-prod", "NoEnd"),
        ("ack payments-prod sold", "NoEnd"),
        ("想定内 payments-prod 売却済み", "NoEnd"),
        ("ack “payments-prod until 31 Dec sold", "OpenQuote"),
        ("ack payments-prod until", "NotADay { text: \"\" }"),
        ("ack payments-prod until sold", "NotADay { text: \"sold\" }"),
        (
            "ack payments-prod until 2026-02-30 sold",
            "NotADay { text: \"2026-02-30\" }",
        ),
        (
            "ack payments-prod until last week sold",
            "NotADay { text: \"last\" }",
        ),
        ("ack payments-prod for sale", "NotADay { text: \"sale\" }"),
        (
            "想定内 payments-prod 2026年2月30日まで 売却",
            "NotADay { text: \"2026年2月30日まで\" }",
        ),
        (
            "ack payments-prod until 2026-11-26 sold",
            "NotAfterToday { until: 2026-11-26 }",
        ),
        (
            "ack payments-prod until yesterday sold",
            "NotAfterToday { until: 2026-11-25 }",
        ),
        (
            "ack payments-prod for 0 days sold",
            "NotAfterToday { until: 2026-11-26 }",
        ),
        (
            "ack payments-prod until 2027-02-25 sold",
            "TooFar { latest: 2027-02-24 }",
        ),
        (
            "ack payments-prod for 91 days sold",
            "TooFar { latest: 2027-02-24 }",
        ),
        (
            "ack payments-prod for 99999999999999999999 years x",
            "TooFar { latest: 2027-02-24 }",
        ),
        ("ack payments-prod until 31 Dec", "Reason(TooShort)"),
        ("ack payments-prod until 31 Dec ok", "Reason(TooShort)"),
        ("想定内 payments-prod 30日間", "Reason(TooShort)"),
    ] {
        assert_eq!(understood(text), format!("ack {wanted}"), "{text}");
    }
    let long = format!("ack payments-prod until 31 Dec {}", "a".repeat(501));
    assert_eq!(understood(&long), "ack Reason(TooLong)");
}

#[test]
fn questions_are_no_commands() {
    for text in [
        "",
        "help",
        "yesterday",
        "account take",
        "takeover-prod",
        "acksys",
        "acks today",
        "対応中",
        "想定内のアカウント",
        "昨日",
        "unacked",
        "ack-prod",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn a_reason_survives_as_it_was_typed(why in "\\PC{3,500}") {
        let why = why.trim();
        prop_assume!(Reason::parse(why).is_ok());
        // Marks around the whole command are ignored. These are not around it.
        for text in [
            format!("ack payments-prod until 2026-12-31: {why}"),
            format!("想定内 payments-prod 2026-12-31まで、{why}"),
            format!("ack “payments-prod” for 30d; {why}"),
        ] {
            let Some(Ok(CaseCommand::Accept { why: kept, .. })) = read(&text).map(|read| read.command) else {
                return Err(TestCaseError::fail(text));
            };
            prop_assert_eq!(kept.as_str(), why);
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "(ack|take|unack|想定内|対応)?[ 　]?\\PC{0,40}(until|for|まで)?\\PC{0,40}") {
        let _ = read(&text);
    }
}
