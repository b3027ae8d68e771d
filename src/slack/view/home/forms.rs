//! The forms of the tab: its filters, and the search for an account.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::filter::HomeFilter;
use crate::domain::hub::HubId;
use crate::domain::member::MemberStatus;
use crate::slack::view::layout::{chars, cut};
use crate::slack::view::modal::{modal, plain};
use crate::slack::view::mrkdwn;
use crate::text::voice::Voice;
use crate::watch::Overview;

/// The form of the filters.
pub const FILTER_FORM: &str = "home_filter";
/// The form that finds an account.
pub const FIND_FORM: &str = "home_find";

/// The fields of the filters.
const ADMIN: &str = "admin";
const REGION: &str = "region";
const STATUS: &str = "status";
/// The field for an account.
pub const NAME: &str = "name";

/// The only element in each block.
const FIELD: &str = "v";

/// The value of the option that filters nothing.
const ALL: &str = "*";

/// The most characters of a name: those of an account and some more.
const NAME_CHARS: usize = 100;

/// The filters. A choice of one administrator or Region is left out.
pub fn filter_form(
    hubs: &[HubId],
    overview: &Overview,
    chosen: &HomeFilter,
    voice: &Voice,
) -> Value {
    let words = voice.words();
    let named = |names: BTreeSet<String>| names.into_iter().map(|name| (name.clone(), name));
    let admins: BTreeSet<_> = hubs.iter().map(|hub| hub.admin.to_string()).collect();
    let regions: BTreeSet<_> = hubs.iter().map(|hub| hub.region.to_string()).collect();
    let statuses = statuses(overview);
    let statuses = statuses
        .iter()
        .map(|status| (voice.status(status), status.as_str().to_owned()));
    let picked = [
        chosen.admin.map(|admin| admin.to_string()),
        chosen.region.as_ref().map(ToString::to_string),
        chosen
            .status
            .as_ref()
            .map(|status| status.as_str().to_owned()),
    ];
    let [admin, region, status] = picked;
    let several = [admins.len() > 1, regions.len() > 1, true];
    let fields = [
        select(
            ADMIN,
            words.administrator(),
            words.every_admin(),
            named(admins),
            admin,
        ),
        select(
            REGION,
            words.region(),
            words.every_region(),
            named(regions),
            region,
        ),
        select(
            STATUS,
            words.status_label(),
            words.every_status(),
            statuses,
            status,
        ),
    ];
    let fields = fields.into_iter().zip(several);
    let fields: Vec<_> = fields
        .filter(|(_, several)| *several)
        .map(|(field, _)| field)
        .collect();
    let mut view = modal(words.filter_title(), words.form_cancel(), json!(fields));
    view["callback_id"] = FILTER_FORM.into();
    view["submit"] = plain(words.filter_show());
    // A struct of strings and numbers: this cannot fail.
    view["private_metadata"] = serde_json::to_string(chosen).unwrap_or_default().into();
    view
}

/// The filters that a person chose in the form, in place of those in `before`. `field` returns
/// what a block of the form holds.
pub fn chosen_filter<'a>(
    before: HomeFilter,
    field: impl Fn(&str) -> Option<&'a Value>,
) -> HomeFilter {
    let value = |block: &str| {
        let value = field(block)?.pointer("/selected_option/value")?.as_str()?;
        (value != ALL).then_some(value)
    };
    HomeFilter {
        admin: value(ADMIN).and_then(|value| value.parse().ok()),
        region: value(REGION).and_then(|value| value.parse().ok()),
        status: value(STATUS).map(MemberStatus::parse),
        page: 0,
        ..before
    }
}

/// The form that finds an account.
pub fn find_form(voice: &Voice) -> Value {
    let words = voice.words();
    let field = json!({
        "type": "input", "block_id": NAME, "label": plain(words.find_field()),
        "element": {
            "type": "plain_text_input", "action_id": FIELD,
            "min_length": 1, "max_length": NAME_CHARS,
        },
    });
    let mut view = modal(words.find_title(), words.form_cancel(), json!([field]));
    view["callback_id"] = FIND_FORM.into();
    view["submit"] = plain(words.find());
    view
}

/// The text in the field for an account.
pub fn name_field(field: Option<&Value>) -> &str {
    let typed = field.and_then(|field| field.get("value")?.as_str());
    typed.unwrap_or_default().trim()
}

/// The statuses that a member has.
fn statuses(overview: &Overview) -> BTreeSet<MemberStatus> {
    let now = overview.now.counts.iter().map(|(status, _)| status.clone());
    let chosen = overview.chosen.iter().map(|chosen| chosen.status.clone());
    // Slack takes 1 to 150 characters as the value of an option.
    let fits = |status: &MemberStatus| (1..=150).contains(&chars(status.as_str()));
    now.chain(chosen).filter(fits).take(98).collect()
}

/// A field to choose one of some values, or all.
fn select(
    block: &str,
    label: &str,
    all: &str,
    options: impl Iterator<Item = (String, String)>,
    picked: Option<String>,
) -> Value {
    let option = |(text, value): (String, String)| {
        let text = cut(&mrkdwn::plain(&text), 75);
        json!({ "text": plain(&text), "value": value })
    };
    let all = std::iter::once((all.to_owned(), ALL.to_owned()));
    let options: Vec<_> = all.chain(options).take(100).map(option).collect();
    let is_picked = |option: &&Value| option["value"].as_str() == picked.as_deref();
    let initial = options.iter().find(is_picked).or(options.first()).cloned();
    json!({
        "type": "input", "block_id": block, "label": plain(label),
        "element": {
            "type": "static_select", "action_id": FIELD,
            "options": options, "initial_option": initial,
        },
    })
}
