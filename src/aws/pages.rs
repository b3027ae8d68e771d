//! Every page of one of AWS's lists, or why there is no list.

use std::collections::HashSet;

use super::failure::Failure;

/// A page as the SDK gives it: what it lists, and the token of the next.
pub(super) type Page<T> = (Option<Vec<T>>, Option<String>);

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
    loop {
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
