//! The buttons to the other pages of a list that people turn in place.

use slack_morphism::prelude::*;

use super::layout::contexts;
use crate::text::Words;
use crate::text::document::Line;

/// The action IDs of the buttons. Their value is the number of the page, from 0.
pub(super) struct PageButtons {
    pub(super) previous: &'static str,
    pub(super) next: &'static str,
}

impl PageButtons {
    /// The buttons and the number of the page; nothing if there is only one.
    pub(super) fn blocks(&self, page: usize, pages: usize, words: Words) -> Vec<SlackBlock> {
        if pages <= 1 {
            return Vec::new();
        }
        let button = |label: &str, action: &str, page: usize| -> SlackActionBlockElement {
            SlackBlockButtonElement::new(label.into())
                .with_action_id(action.into())
                .with_value(page.to_string())
                .into()
        };
        let mut buttons = Vec::new();
        if page > 0 {
            buttons.push(button(words.previous_page(), self.previous, page - 1));
        }
        if page + 1 < pages {
            buttons.push(button(words.next_page(), self.next, page + 1));
        }
        let mut blocks = vec![SlackActionsBlock::new(buttons).into()];
        blocks.extend(contexts(&[Line::text(words.page(page + 1, pages))]));
        blocks
    }
}
