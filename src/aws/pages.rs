//! Reads every page of an AWS list, or fails.

use std::collections::HashSet;

use super::failure::Failure;

/// A page of the SDK: its items, and the token of the next page.
pub(super) type Page<T> = (Option<Vec<T>>, Option<String>);

/// The limit for pages of one list. A delegated administrator has at most 10,000 members, and an
/// organization 10,000 accounts by default. This allows one per page; AWS returns 20 to 50.
const MOST_PAGES: usize = 10_000;

/// Reads every page, or fails. A page without a list is an error, not an empty page. Empty pages
/// between the first and the last are valid.
///
/// The SDK's paginators stop silently when a token repeats, which would look like a short list.
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

/// The same for a list that cannot be empty.
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

/// A required field of an answer.
pub(super) fn there<T>(part: Option<T>, what: &str) -> Result<T, Failure> {
    part.ok_or_else(|| Failure::incomplete(&format!("AWS answered without {what}")))
}

/// A required text field of an answer, which is never empty.
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
