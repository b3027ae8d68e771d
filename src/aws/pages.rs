//! Every page of one of AWS's lists, or why there is no list.

use std::collections::HashSet;

use super::failure::Failure;

/// A page as the SDK gives it: what it lists, and the token of the next.
pub(super) type Page<T> = (Option<Vec<T>>, Option<String>);

/// The most pages of one list. A delegated administrator has at most 10,000
/// members, an organization is allowed 10,000 accounts at first: this is one on
/// each page, where AWS gives 20 to 50.
const MOST_PAGES: usize = 10_000;

/// Every page, or an error: a page without its list is not an empty one. Between
/// the first and the last page there may be empty ones.
///
/// The SDK's paginators end quietly when a token comes back: that would read
/// as a short list.
pub(super) async fn pages<T, P>(
    list: &str,
    page: impl Fn(Option<String>) -> P,
) -> Result<Vec<T>, Failure>
where
    P: Future<Output = Result<Page<T>, Failure>>,
{
    let (mut all, mut token, mut seen) = (Vec::new(), None, HashSet::new());
    for _ in 0..MOST_PAGES {
        let (some, next) = page(token).await?;
        all.extend(there(some, list)?);
        let Some(next) = next.filter(|next| !next.is_empty()) else {
            return Ok(all);
        };
        if !seen.insert(next.clone()) {
            return Err(Failure::incomplete("AWS gave the same page token twice"));
        }
        token = Some(next);
    }
    let problem = format!("AWS's list of {list} has no end: {MOST_PAGES} pages were read");
    Err(Failure::incomplete(&problem))
}

/// The same of a list that cannot be empty.
pub(super) async fn some_pages<T, P>(
    list: &str,
    page: impl Fn(Option<String>) -> P,
) -> Result<Vec<T>, Failure>
where
    P: Future<Output = Result<Page<T>, Failure>>,
{
    let all = pages(list, page).await?;
    if all.is_empty() {
        return Err(Failure::incomplete(&format!("AWS answered with no {list}")));
    }
    Ok(all)
}

/// A part of an answer that is always there.
pub(super) fn there<T>(part: Option<T>, what: &str) -> Result<T, Failure> {
    part.ok_or_else(|| Failure::incomplete(&format!("AWS answered without {what}")))
}

/// A text of an answer that is always there and never empty.
pub(super) fn text<'a>(text: Option<&'a str>, what: &str) -> Result<&'a str, Failure> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    there(text, what)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::hub::UnreadReason;

    #[tokio::test]
    async fn a_list_whose_tokens_are_always_new_ends_with_an_error() {
        let asked = Cell::new(0);
        let page = async |_| {
            asked.set(asked.get() + 1);
            assert!(asked.get() <= MOST_PAGES, "it goes on");
            Ok((Some(vec!["member"]), Some(asked.get().to_string())))
        };
        let failure = pages("Members", page).await.unwrap_err();
        assert_eq!(failure.reason, UnreadReason::BadAnswer);
        assert_eq!(
            failure.detail,
            "AWS's list of Members has no end: 10000 pages were read"
        );
        assert_eq!(asked.get(), MOST_PAGES);
    }

    #[tokio::test]
    async fn the_longest_list_is_read_to_its_end() {
        let asked = Cell::new(0);
        let page = async |_| {
            asked.set(asked.get() + 1);
            let next = (asked.get() < MOST_PAGES).then(|| asked.get().to_string());
            Ok((Some(vec!["member"]), next))
        };
        assert_eq!(pages("Members", page).await.unwrap().len(), MOST_PAGES);
    }
}
