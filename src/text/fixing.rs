//! Steps that make a failing hub readable again: the meaning of the reason, and the commands and
//! policies to copy. The bot runs none of them.

use std::collections::BTreeMap;

use super::Words;
use super::comeback::{Step, in_each};
use super::document::Line;
use super::hubs::HubNames;
use super::voice::Voice;
use crate::domain::cases::{FailingHub, FailingHubs};
use crate::domain::doubt::Doubt;
use crate::domain::hub::{HubId, Region, UnreadReason};
use crate::domain::member::AccountId;
use crate::partition;

/// The most groups of an answer: a message has at most 50 blocks, and a group up to six.
const GROUPS: usize = 6;

/// The role's permission. docs/security.md has the whole policy.
const STATEMENT: &str = r#"{
  "Sid": "ReadTheMemberList",
  "Effect": "Allow",
  "Action": "securityhub:ListMembers",
  "Resource": "*"
}"#;

/// The trust policy of the administrator's role.
const TRUST: &str = r#"{
  "Effect": "Allow",
  "Principal": { "AWS": "ARN_OF_THE_BOTS_ROLE" },
  "Action": "sts:AssumeRole",
  "Condition": { "StringEquals": { "sts:ExternalId": "EXTERNAL_ID" } }
}"#;

/// The policy that lets the bot assume that role.
const ASSUME: &str = r#"{
  "Sid": "SignInToTheAdministrators",
  "Effect": "Allow",
  "Action": "sts:AssumeRole",
  "Resource": "ARN_OF_THE_ADMINISTRATORS_ROLE"
}"#;

const LIST: &str =
    "aws securityhub list-members --region \"$region\" --no-only-associated --max-items 1";
const COUNT: &str = "aws securityhub list-members --region \"$region\" --no-only-associated \
                     --output json --query 'length(Members)'";
const ENABLE: &str = "aws securityhub enable-security-hub --region \"$region\"";
const IDENTITY: &str = "aws sts get-caller-identity --region \"$region\"";
const OPT_IN: &str = "aws account get-region-opt-status --region-name \"$region\"\n\
                      aws account enable-region --region-name \"$region\"";
const CALLERS: &str = "aws cloudtrail lookup-events --region \"$region\" --max-items 50 \
                       --lookup-attributes AttributeKey=EventName,AttributeValue=ListMembers \
                       --output text --query \"Events[?EventSource=='securityhub.amazonaws.com']\
                       .[EventTime,Username]\"";

impl Voice {
    /// Steps that make some of the failing hubs readable again, a group for each reason. `watched`
    /// is every monitored hub.
    pub fn fixing(
        &self,
        asked: &FailingHubs,
        failing: &[FailingHub],
        watched: &[HubId],
    ) -> (Vec<Vec<Step>>, Vec<Line>) {
        let words = self.words();
        let names = HubNames::new(self, watched.iter());
        let mut alike = BTreeMap::<_, Vec<&HubId>>::new();
        for one in failing.iter().filter(|one| asked.has(&one.hub)) {
            let doubt = one.unread.doubt;
            let doubt = doubt.map(|doubt| (doubt.before, doubt.now));
            let key = (one.hub.admin, one.unread.reason, doubt);
            alike.entry(key).or_default().push(&one.hub);
        }
        if alike.is_empty() {
            let said = match &asked.hub {
                Some(hub) if !watched.contains(hub) => words.not_monitored_now(&names.name(hub)),
                Some(hub) => words.readable_again(&names.name(hub)),
                None => words.all_readable_again().to_owned(),
            };
            return (vec![vec![said_only(&said)]], Vec::new());
        }
        let rest: usize = alike.values().skip(GROUPS).map(Vec::len).sum();
        let groups = alike
            .into_iter()
            .take(GROUPS)
            .map(|((admin, reason, doubt), hubs)| {
                let title = Line::strong(names.list(hubs.iter().copied()));
                let title = match doubt {
                    Some(_) => title,
                    None => title.and(format!(" · {}", words.unread_reason(reason))),
                };
                let place = FailingPlace {
                    words,
                    admin,
                    regions: hubs.iter().map(|hub| &hub.region).collect(),
                };
                let title = Step {
                    text: title,
                    command: None,
                };
                let doubt = doubt.map(|(before, now)| Doubt { before, now });
                let steps = doubt.map_or_else(|| place.fix(reason), |doubt| place.fix_doubt(doubt));
                std::iter::once(title).chain(steps).collect()
            });
        let more = (rest > 0).then(|| words.more_to_fix(rest));
        let notes = [words.run_it_yourself(), words.polls_by_itself()];
        let notes = more.into_iter().chain(notes.map(str::to_owned));
        (groups.collect(), notes.map(Line::text).collect())
    }
}

/// Some Regions of one administrator that fail for the same reason.
struct FailingPlace<'a> {
    words: Words,
    admin: AccountId,
    regions: Vec<&'a Region>,
}

impl FailingPlace<'_> {
    fn fix(&self, reason: UnreadReason) -> Vec<Step> {
        let words = self.words;
        match reason {
            UnreadReason::AccessDenied => vec![
                said_only(words.fix_denied()),
                copied(words.fix_denied_role(), STATEMENT.to_owned()),
                copied(words.fix_denied_scp(), self.policies()),
                self.step(words.fix_try_again(), LIST),
            ],
            UnreadReason::NotEnabled => vec![
                said_only(&words.fix_not_enabled(&self.admin.to_string())),
                self.step(words.fix_enable(), ENABLE),
                said_only(words.fix_or_leave_out()),
            ],
            UnreadReason::Credentials => vec![
                said_only(words.fix_credentials()),
                self.step(words.fix_identity(), IDENTITY),
                self.step(words.fix_opt_in(), OPT_IN),
            ],
            UnreadReason::RoleNotAssumed => vec![
                said_only(words.fix_role()),
                copied(words.fix_trust(), TRUST.to_owned()),
                copied(words.fix_assume(), ASSUME.to_owned()),
            ],
            UnreadReason::Throttled => vec![
                said_only(words.fix_throttled()),
                self.step(words.fix_callers(), CALLERS),
            ],
            UnreadReason::TimedOut | UnreadReason::Unreachable => {
                let hosts = self.hosts();
                let separator = words.list_separator();
                vec![
                    said_only(&words.fix_network(&hosts.join(separator))),
                    copied(words.fix_connection(), connections(&hosts)),
                    said_only(words.fix_routes()),
                ]
            }
            UnreadReason::BadAnswer | UnreadReason::ServiceError => vec![
                said_only(words.fix_service()),
                self.step(words.fix_service_answer(), LIST),
                said_only(words.fix_service_health()),
            ],
        }
    }

    fn fix_doubt(&self, doubt: Doubt) -> Vec<Step> {
        let words = self.words;
        vec![
            said_only(&words.fix_doubted(doubt.before, doubt.now)),
            self.step(words.fix_count(), COUNT),
            said_only(words.fix_doubt_is_right()),
            said_only(words.fix_doubt_is_wrong()),
        ]
    }

    fn step(&self, text: &str, command: &str) -> Step {
        copied(text, in_each(&self.regions, command))
    }

    fn policies(&self) -> String {
        let admin = self.admin;
        format!(
            "aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY \
             --target-id {admin}"
        )
    }

    fn hosts(&self) -> Vec<String> {
        let host = |region: &&Region| {
            let host = partition::security_hub_host(region);
            host.unwrap_or_else(|| format!("securityhub.{region}.amazonaws.com"))
        };
        self.regions.iter().map(host).collect()
    }
}

fn connections(hosts: &[String]) -> String {
    let command = |host: &String| {
        format!(
            "curl --silent --show-error --output /dev/null --write-out '%{{http_code}}\\n' \
             https://{host}"
        )
    };
    hosts.iter().map(command).collect::<Vec<_>>().join("\n")
}

fn said_only(text: &str) -> Step {
    Step {
        text: Line::text(text),
        command: None,
    }
}

fn copied(text: &str, command: String) -> Step {
    Step {
        text: Line::text(text),
        command: Some(command),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::domain::hub::Unread;
    use crate::text::Locale;

    const REASONS: [UnreadReason; 9] = [
        UnreadReason::NotEnabled,
        UnreadReason::AccessDenied,
        UnreadReason::Credentials,
        UnreadReason::RoleNotAssumed,
        UnreadReason::Throttled,
        UnreadReason::TimedOut,
        UnreadReason::Unreachable,
        UnreadReason::BadAnswer,
        UnreadReason::ServiceError,
    ];

    fn hub(region: &str) -> HubId {
        format!("111122223333/{region}").parse().unwrap()
    }

    fn at() -> DateTime<Utc> {
        "2026-11-20T09:00:00Z".parse().unwrap()
    }

    fn failing(region: &str, reason: UnreadReason) -> FailingHub {
        FailingHub {
            hub: hub(region),
            unread: Unread::new(at(), reason),
            owner: None,
        }
    }

    fn said(locale: Locale, hub: Option<HubId>, failing: &[FailingHub]) -> String {
        let watched = ["eu-south-1", "eu-west-1", "us-east-1"].map(super::tests::hub);
        let voice = Voice::new(locale, chrono_tz::UTC);
        let asked = FailingHubs { hub, at: at() };
        let (groups, notes) = voice.fixing(&asked, failing, &watched);
        let steps = groups.iter().flatten();
        let lines = steps.flat_map(|step| {
            let text = std::iter::once(step.text.plain());
            text.chain(step.command.clone()).collect::<Vec<_>>()
        });
        let lines = lines.chain(notes.iter().map(Line::plain));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_denied_region_has_the_permission_and_where_to_look_for_a_policy_that_denies_it() {
        let denied = [
            failing("eu-south-1", UnreadReason::AccessDenied),
            failing("us-east-1", UnreadReason::Throttled),
        ];
        let one = Some(hub("eu-south-1"));
        insta::assert_snapshot!(said(Locale::En, one.clone(), &denied), @r#"
        eu-south-1 · access denied: grant securityhub:ListMembers
        AWS denied securityhub:ListMembers. The role lacks the permission, or a service control policy (SCP) denies it.
        If the role lacks it, add this statement to the role's policy:
        {
          "Sid": "ReadTheMemberList",
          "Effect": "Allow",
          "Action": "securityhub:ListMembers",
          "Resource": "*"
        }
        If the role has it, look for an SCP that denies the Region. In the management account, run this for the account, then for each OU above it and the root:
        aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY --target-id 111122223333
        Then check that this works with the role's credentials:
        aws securityhub list-members --region eu-south-1 --no-only-associated --max-items 1
        Run these commands yourself: securityhub-members only reads.
        Nothing needs a restart: the next poll tries again.
        "#);
        insta::assert_snapshot!(said(Locale::Ja, one, &denied), @r#"
        eu-south-1 · アクセス拒否: ロールに securityhub:ListMembers が必要
        AWS が securityhub:ListMembers を拒否しました。ロールの権限不足か、サービスコントロールポリシー (SCP) による拒否です。
        ロールに権限がなければ、ロールのポリシーに次のステートメントを追加してください。
        {
          "Sid": "ReadTheMemberList",
          "Effect": "Allow",
          "Action": "securityhub:ListMembers",
          "Resource": "*"
        }
        ロールに権限があれば、リージョンを拒否する SCP を探してください。管理アカウントで次を実行し、上位の OU とルートでも繰り返してください。
        aws organizations list-policies-for-target --filter SERVICE_CONTROL_POLICY --target-id 111122223333
        修正後、ロールの認証情報で次のコマンドが成功することを確認してください。
        aws securityhub list-members --region eu-south-1 --no-only-associated --max-items 1
        コマンドはご自身で実行してください。securityhub-members は読み取りしかしません。
        再起動は不要です。次回の取得で再試行します。
        "#);
    }

    #[test]
    fn several_regions_with_the_same_reason_share_their_steps() {
        let failing = [
            failing("eu-south-1", UnreadReason::Unreachable),
            failing("eu-west-1", UnreadReason::NotEnabled),
            failing("us-east-1", UnreadReason::Unreachable),
        ];
        insta::assert_snapshot!(said(Locale::En, None, &failing), @r#"
        eu-west-1 · Security Hub isn't enabled
        Security Hub CSPM isn't enabled there for 111122223333.
        If you need it there, enable it in the administrator account (AWS charges apply):
        aws securityhub enable-security-hub --region eu-west-1
        If you don't, leave the Region out of the settings: the menu of the digest says how.
        eu-south-1, us-east-1 · couldn't reach AWS
        The bot got no complete answer from securityhub.eu-south-1.amazonaws.com, securityhub.us-east-1.amazonaws.com.
        Run this from the bot's network. Any HTTP status means that the connection works:
        curl --silent --show-error --output /dev/null --write-out '%{http_code}\n' https://securityhub.eu-south-1.amazonaws.com
        curl --silent --show-error --output /dev/null --write-out '%{http_code}\n' https://securityhub.us-east-1.amazonaws.com
        If there's none, check routes, DNS, proxies, firewalls, VPC endpoints and certificates.
        Run these commands yourself: securityhub-members only reads.
        Nothing needs a restart: the next poll tries again.
        "#);
    }

    #[test]
    fn a_doubted_list_is_counted_and_needs_nothing_if_it_is_right() {
        let doubt = Doubt {
            before: 30,
            now: 12,
        };
        let doubted = FailingHub {
            hub: hub("eu-south-1"),
            unread: Unread::doubted(at(), doubt),
            owner: None,
        };
        insta::assert_snapshot!(said(Locale::En, None, &[doubted]), @"
        eu-south-1
        The list suddenly lost half or more of its members (30 → 12). Nothing counts as changed until a later poll confirms it.
        Count the members with the role's credentials:
        aws securityhub list-members --region eu-south-1 --no-only-associated --output json --query 'length(Members)'
        If the number is right, do nothing: a later poll confirms it, and the digest names the accounts.
        If it's wrong, check which account the role belongs to.
        Run these commands yourself: securityhub-members only reads.
        Nothing needs a restart: the next poll tries again.
        ");
    }

    #[test]
    fn a_region_that_is_read_again_or_no_longer_monitored_needs_nothing() {
        let readable = said(Locale::En, Some(hub("eu-south-1")), &[]);
        assert_eq!(
            readable,
            "eu-south-1 is readable again: there's nothing to fix."
        );
        let gone = said(Locale::En, Some(hub("eu-west-9")), &[]);
        assert_eq!(gone, "eu-west-9 is no longer monitored.");
        let all = said(Locale::En, None, &[]);
        assert!(all.starts_with("Every Region is readable again"), "{all}");
    }

    /// The statements are those of the documentation, and every command is about the Region.
    #[test]
    fn every_reason_has_steps_and_no_command_has_a_placeholder_for_the_region() {
        let security = include_str!("../../docs/security.md");
        let compact = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(compact(security).contains(&compact(STATEMENT)));
        for reason in REASONS {
            for locale in [Locale::En, Locale::Ja] {
                let one = failing("eu-south-1", reason);
                let said = said(locale, None, std::slice::from_ref(&one));
                assert!(said.lines().count() > 4, "{said}");
                assert!(!said.contains("$region"), "{said}");
            }
        }
    }
}
