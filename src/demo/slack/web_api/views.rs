//! `views.open`, `views.push` and `views.update`: modals.

use std::time::Duration;

use serde_json::{Value, json};

use super::posting::{MAX_VIEW, parse_view};
use super::{Arguments, Refusal, Reply, invalid_arguments, text};
use crate::demo::slack::limits::check_modal;
use crate::demo::slack::workspace::{MockWorkspace, Modal};

/// The lifetime of a trigger.
const TRIGGER_LIVES: Duration = Duration::from_secs(3);

/// The most modals on top of each other.
const STACK: usize = 3;

fn checked_view(arguments: &Arguments) -> Result<Value, Refusal> {
    let view = parse_view(arguments)?;
    if view.to_string().len() > MAX_VIEW {
        return Err("view_too_large".into());
    }
    let errors = check_modal(&view);
    if errors.is_empty() {
        Ok(view)
    } else {
        Err(Refusal::with_messages("invalid_arguments", &errors))
    }
}

/// Opens a modal, in place of those that the person has open.
pub(super) fn open(workspace: &mut MockWorkspace, arguments: &Arguments) -> Reply {
    show_first(workspace, arguments, |workspace, user| {
        workspace.modals.remove(user);
        Ok(())
    })
}

/// Opens a modal on top of the one in which the trigger was pressed.
pub(super) fn push(workspace: &mut MockWorkspace, arguments: &Arguments) -> Reply {
    show_first(workspace, arguments, |workspace, user| {
        match workspace.modals.get(user).map_or(0, Vec::len) {
            0 => Err("not_found".into()),
            STACK.. => Err("push_limit_reached".into()),
            _ => Ok(()),
        }
    })
}

fn show_first(
    workspace: &mut MockWorkspace,
    arguments: &Arguments,
    make_room: impl FnOnce(&mut MockWorkspace, &str) -> Result<(), Refusal>,
) -> Reply {
    let trigger = text(arguments, "trigger_id")
        .ok_or_else(|| invalid_arguments("missing required field: trigger_id"))?;
    let view = checked_view(arguments)?;
    let external = view["external_id"].as_str().unwrap_or_default();
    let is_taken = |modal: &Modal| !external.is_empty() && modal.view["external_id"] == external;
    if workspace.modals.values().flatten().any(is_taken) {
        return Err("duplicate_external_id".into());
    }
    let known = workspace
        .triggers
        .get_mut(trigger)
        .ok_or_else(|| invalid_arguments("invalid `trigger_id` [json-pointer:/trigger_id]"))?;
    if known.used {
        return Err("exchanged_trigger_id".into());
    }
    if known.since.elapsed() > TRIGGER_LIVES {
        return Err("expired_trigger_id".into());
    }
    known.used = true;
    let user = known.user.clone();
    make_room(workspace, &user)?;
    let number = workspace.next_number();
    let modal = Modal {
        user,
        view_id: format!("V0MODAL{number}"),
        ..Modal::default()
    };
    let shown = workspace.show(view, modal);
    Ok(json!({ "ok": true, "view": shown }))
}

pub(super) fn update(workspace: &mut MockWorkspace, arguments: &Arguments) -> Reply {
    let view = checked_view(arguments)?;
    let (id, external) = (text(arguments, "view_id"), text(arguments, "external_id"));
    if id.is_none() && external.is_none() {
        return Err(invalid_arguments("missing required field: view_id"));
    }
    let is_it = |modal: &&Modal| match (id, external) {
        (Some(id), _) => modal.view_id == id,
        (None, external) => modal.view["external_id"].as_str() == external,
    };
    let modal = workspace.modals.values().flatten().find(is_it).cloned();
    let modal = modal.ok_or("not_found")?;
    if text(arguments, "hash").is_some_and(|hash| hash != modal.hash) {
        return Err("hash_conflict".into());
    }
    let shown = workspace.show(view, modal);
    Ok(json!({ "ok": true, "view": shown }))
}
