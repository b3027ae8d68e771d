//! The parts of the bot that handle an action or a form, by its ID.

use super::{answers, cases, home, lists, regions, renamed};
use crate::slack::view::case_form::FORM;
use crate::slack::view::home::{FILTER_FORM, FIND_FORM};

/// The part that handles a button or a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ActionPart {
    Answers,
    Cases,
    Renamed,
    Regions,
    Lists,
    Home,
}

impl ActionPart {
    /// `None` if the action isn't the bot's.
    pub(super) fn of(action: &str) -> Option<Self> {
        let parts = [
            (&cases::ACTIONS[..], Self::Cases),
            (&renamed::ACTIONS, Self::Renamed),
            (&regions::ACTIONS, Self::Regions),
            (&lists::ACTIONS, Self::Lists),
            (&home::ACTIONS, Self::Home),
        ];
        if answers::is_ours(action) {
            return Some(Self::Answers);
        }
        let mut parts = parts.iter();
        let (_, part) = parts.find(|(actions, _)| actions.contains(&action))?;
        Some(*part)
    }
}

/// A form that a person submits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Case,
    Home(HomeForm),
}

/// A form of the Home tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HomeForm {
    Filter,
    Find,
}

impl Form {
    /// `None` if the form isn't the bot's.
    pub(super) fn of(form: &str) -> Option<Self> {
        match form {
            FORM => Some(Self::Case),
            FILTER_FORM => Some(Self::Home(HomeForm::Filter)),
            FIND_FORM => Some(Self::Home(HomeForm::Find)),
            _ => None,
        }
    }
}
