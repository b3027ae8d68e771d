//! Modals: the triggers that open them, what a person fills in, and submissions.
//!
//! As strict as Slack: a trigger lives for three seconds and opens one view; a submission is
//! acknowledged in three seconds, with nothing, errors, or another view.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::MockSlack;
use super::elements::{self, Input, Press};
use super::example::VERIFICATION_TOKEN;
use super::limits::check_modal;
use super::traffic::Delivery;
use super::workspace::{MockWorkspace, Modal, Trigger};

impl MockWorkspace {
    /// A trigger that opens one view for this person.
    pub(super) fn new_trigger(&mut self, trigger: &str, user: &str) {
        let new = Trigger {
            user: user.to_owned(),
            since: Instant::now(),
            used: false,
        };
        self.triggers.insert(trigger.to_owned(), new);
    }

    pub(super) fn modal_json(&self, modal: &Modal) -> Value {
        let mut view = json!({
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "close": null,
            "submit": null,
            "previous_view_id": null,
            "clear_on_close": false,
            "notify_on_close": false,
        });
        if let (Some(all), Some(shown)) = (view.as_object_mut(), modal.view.as_object()) {
            all.extend(shown.clone());
        }
        view["id"] = modal.view_id.clone().into();
        let root = self.modals.get(&modal.user).and_then(|all| all.first());
        view["root_view_id"] = root
            .map_or(&modal.view_id, |root| &root.view_id)
            .clone()
            .into();
        view["team_id"] = self.team_id.clone().into();
        view["app_id"] = self.app_id.clone().into();
        view["bot_id"] = self.bot_id.clone().into();
        view["hash"] = modal.hash.clone().into();
        view["state"] = json!({ "values": modal.state });
        view
    }

    /// Shows a view in a modal; what was filled in stays where it still fits.
    pub(super) fn show(&mut self, mut view: Value, modal: Modal) -> Value {
        let mut state = Map::new();
        if let Some(blocks) = view["blocks"].as_array_mut() {
            elements::add_ids(blocks, || self.next_number());
            state = elements::state(blocks, &modal.state);
        }
        let number = self.next_number();
        let modal = Modal {
            view,
            state,
            hash: format!("{}.{number:08x}", 1_700_000_000 + number),
            errors: Map::new(),
            ..modal
        };
        let shown = self.modal_json(&modal);
        let open = self.modals.entry(modal.user.clone()).or_default();
        match open.iter_mut().find(|one| one.view_id == modal.view_id) {
            Some(one) => *one = modal,
            None => open.push(modal),
        }
        shown
    }

    /// The modal that a person sees.
    pub(super) fn top_modal(&self, user: &str) -> Option<&Modal> {
        self.modals.get(user)?.last()
    }

    pub(super) fn top_modal_mut(&mut self, user: &str) -> Option<&mut Modal> {
        self.modals.get_mut(user)?.last_mut()
    }

    /// Closes the modal that a person sees: the one below it appears.
    fn close_top_modal(&mut self, user: &str) {
        if let Some(open) = self.modals.get_mut(user) {
            open.pop();
        }
    }
}

impl MockSlack {
    /// The modal that a person sees.
    #[must_use]
    pub fn modal(&self, user: &str) -> Option<Modal> {
        self.lock().workspace.top_modal(user).cloned()
    }

    /// A person closes the modal that they see.
    pub fn close_modal(&self, user: &str) {
        self.change(|state| state.workspace.close_top_modal(user));
    }

    /// A person fills in a field of the modal.
    ///
    /// # Errors
    /// A sentence, when there is no such field, or it does not take that.
    pub fn fill(&self, user: &str, block_id: &str, input: Input) -> Result<(), String> {
        self.change(|state| {
            let modal = state.workspace.top_modal_mut(user);
            let modal = modal.ok_or("there is no modal")?;
            let blocks = modal.view["blocks"].as_array().cloned().unwrap_or_default();
            let block = blocks.iter().find(|block| block["block_id"] == block_id);
            let action_id = block.and_then(|block| block["element"]["action_id"].as_str());
            let action_id = action_id.ok_or_else(|| format!("there is no field {block_id:?}"))?;
            let press = Press::with(action_id, input).in_block(block_id);
            let action = elements::action(&blocks, &press, "0.0")?;
            if let Some(chosen) = elements::chosen(&action) {
                let actions = modal.state.entry(block_id).or_insert_with(|| json!({}));
                actions[action_id] = chosen;
            }
            Ok(())
        })
    }

    /// A person submits the modal.
    ///
    /// # Errors
    /// A sentence, where Slack does not send it: a field is empty or too short.
    pub async fn submit(&self, user: &str) -> Result<Delivery, String> {
        let payload = self.submission(user)?;
        self.change(|state| state.workspace.submitted = Some(payload.clone()));
        let mut delivery = self.deliver_submission(payload).await;
        self.change(|state| {
            let workspace = &mut state.workspace;
            if let Err(error) = answered(workspace, user, &delivery) {
                delivery.error = Some(error);
            }
        });
        Ok(delivery)
    }

    /// The last submission arrives again. Its answer changes nothing.
    pub async fn submit_again(&self) -> Option<Delivery> {
        let payload = self.lock().workspace.submitted.clone()?;
        Some(self.deliver_submission(payload).await)
    }

    async fn deliver_submission(&self, payload: Value) -> Delivery {
        if self.socket_mode() {
            return self
                .send_envelope("/slack/interactions", payload, None)
                .await;
        }
        self.send_interaction(&payload).await
    }

    fn submission(&self, user: &str) -> Result<Value, String> {
        let workspace = &mut self.lock().workspace;
        let number = workspace.next_number();
        let modal = workspace.top_modal(user).ok_or("there is no modal")?;
        complete(modal)?;
        let team = json!({ "id": workspace.team_id, "domain": workspace.team_domain });
        let team = (!workspace.is_enterprise_install).then_some(team);
        let enterprise = workspace.enterprise_id.as_ref();
        Ok(json!({
            "type": "view_submission",
            "user": {
                "id": user, "username": user, "name": user, "team_id": workspace.team_of(user),
            },
            "api_app_id": workspace.app_id,
            "token": VERIFICATION_TOKEN,
            "trigger_id": format!("398738663015.47445629121.{number:x}"),
            "team": team,
            "enterprise": enterprise.map(|id| json!({ "id": id, "name": "Example" })),
            "is_enterprise_install": workspace.is_enterprise_install,
            "view": workspace.modal_json(modal),
            "response_urls": [],
        }))
    }
}

/// Slack's client sends no form with a field that lacks something.
fn complete(modal: &Modal) -> Result<(), String> {
    let inputs = modal.view["blocks"].as_array().into_iter().flatten();
    let inputs = inputs.filter(|block| block["type"] == "input" && block["optional"] != true);
    if modal.view["submit"].is_null() {
        return Err("there is nothing to submit".to_owned());
    }
    for block in inputs {
        let id = block["block_id"].as_str().unwrap_or_default();
        let element = &block["element"];
        let action = element["action_id"].as_str().unwrap_or_default();
        let chosen = modal.state.get(id).and_then(|actions| actions.get(action));
        let value = chosen.and_then(|chosen| {
            let names = [
                "value",
                "selected_date",
                "selected_option",
                "selected_options",
            ];
            names.iter().find_map(|name| chosen.get(name))
        });
        let length = match value {
            Some(Value::String(text)) => text.chars().count(),
            Some(Value::Array(items)) => items.len(),
            Some(Value::Object(_)) => 1,
            _ => 0,
        };
        let limit = |name: &str, default: u64| element[name].as_u64().unwrap_or(default);
        let length = length as u64;
        if length < limit("min_length", 1).max(1) || length > limit("max_length", 3_000) {
            return Err(format!("{id} is not filled in"));
        }
    }
    Ok(())
}

/// Does what the acknowledgement of a submission says.
fn answered(workspace: &mut MockWorkspace, user: &str, delivery: &Delivery) -> Result<(), String> {
    if !delivery.acknowledged() {
        return Err("the form was not acknowledged".to_owned());
    }
    if delivery.body.is_empty() {
        workspace.close_top_modal(user);
        return Ok(());
    }
    let answer: Value = serde_json::from_str(&delivery.body).map_err(|error| error.to_string())?;
    let modal = workspace.top_modal_mut(user);
    let modal = modal.ok_or("there is no modal")?;
    match answer["response_action"].as_str() {
        Some("clear") => {
            workspace.modals.remove(user);
        }
        Some("errors") => {
            let errors = answer["errors"]
                .as_object()
                .filter(|errors| !errors.is_empty());
            let errors = errors.ok_or("errors is no object, or empty")?;
            let blocks = modal.view["blocks"].as_array().into_iter().flatten();
            let inputs: Vec<_> = blocks
                .filter(|block| block["type"] == "input")
                .filter_map(|block| block["block_id"].as_str())
                .collect();
            if let Some(name) = errors.keys().find(|name| !inputs.contains(&name.as_str())) {
                return Err(format!("{name} is no input block"));
            }
            modal.errors.clone_from(errors);
        }
        Some("update") => {
            let errors = check_modal(&answer["view"]);
            if !errors.is_empty() {
                return Err(errors.join("; "));
            }
            let modal = modal.clone();
            workspace.show(answer["view"].clone(), modal);
        }
        other => return Err(format!("unknown response_action: {other:?}")),
    }
    Ok(())
}
