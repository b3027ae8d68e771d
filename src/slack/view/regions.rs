//! The menu of failing Regions in a digest.

use slack_morphism::prelude::*;

use crate::domain::hub::HubId;

/// The menu.
pub const MENU: &str = "region_menu";

const LEAVE_OUT: &str = "leave_out ";

/// The Region to leave out, from the value of an option.
pub fn leave_out(value: &str) -> Option<HubId> {
    value.strip_prefix(LEAVE_OUT)?.parse().ok()
}

/// The section that names the failing Regions, with their menu.
pub(super) fn with_menu(block: SlackBlock, failing: &[(HubId, String)]) -> SlackBlock {
    let option = |(hub, label): &(HubId, String)| {
        SlackBlockChoiceItem::new(label.as_str().into(), format!("{LEAVE_OUT}{hub}"))
    };
    let options = failing.iter().map(option).collect();
    let menu = SlackBlockOverflowElement::new(options).with_action_id(MENU.into());
    match block {
        SlackBlock::Section(block) => SlackSectionBlock {
            accessory: Some(menu.into()),
            ..block
        }
        .into(),
        other => other,
    }
}
