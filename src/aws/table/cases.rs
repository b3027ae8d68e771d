//! The case book (a head, and the book in parts) and one item for each claim. A stamp changes
//! with every claim, so unchanged claims are not read again. The claims of failing hubs are one
//! item, because few hubs fail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::DynamoDb;
use super::access::{IF_REVISION, Order, Write};
use super::item::{self, damaged, expires_after, read, sealed};
use super::keys::{Item, Key, Range};
use super::parts;
use crate::domain::cases::{CaseBook, CaseClaim, CaseKey, HubClaims};
use crate::policies::table::CASE_TRIES;
use crate::watch::ports::{CaseHead, CaseStore, Content, StoreError, StoredCases, Written};

type Claims = BTreeMap<CaseKey, CaseClaim>;

#[derive(Default)]
pub(super) struct CaseCache {
    book: Mutex<Option<(Content, Arc<CaseBook>)>>,
    claims: Mutex<Option<(String, Arc<Claims>)>>,
}

/// Replaced with every write of a claim.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stamp {
    stamp: String,
}

#[async_trait]
impl CaseStore for DynamoDb {
    async fn cases(&self) -> Result<StoredCases, StoreError> {
        let (head_key, stamp_key) = (Key::case_book(), Key::case_stamp());
        let hubs_key = Key::hub_claims();
        let keys = [head_key.clone(), stamp_key.clone(), hubs_key.clone()];
        let mut missing = None;
        for _ in 0..CASE_TRIES {
            let mut found = self.table.get_all(&keys).await?;
            let head: CaseHead = or_default(found.remove(&head_key))?;
            let stamp: Stamp = or_default(found.remove(&stamp_key))?;
            match self.book(&head).await {
                Ok(book) => {
                    return Ok(StoredCases {
                        book,
                        claims: self.claims(stamp.stamp).await?,
                        hubs: hub_claims(found.remove(&hubs_key))?,
                        head,
                    });
                }
                // Another process may have replaced the book since we read the head.
                Err(error) if error.is_damage() && missing.as_ref() != Some(&head) => {
                    missing = Some(head);
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::contended("the case book"))
    }

    async fn case_head(&self) -> Result<CaseHead, StoreError> {
        let Some(item) = self.table.get(&Key::case_book()).await? else {
            return Ok(CaseHead::default());
        };
        let revision = item::number(&item, "revision");
        let revision = revision.and_then(|revision| u64::try_from(revision).ok());
        match read(item) {
            Err(error) if error.is_damage() => Ok(CaseHead {
                revision: revision.ok_or(error)?,
                content: None,
                written_at: None,
            }),
            head => head,
        }
    }

    async fn save_cases(
        &self,
        base: &CaseHead,
        book: &Arc<CaseBook>,
    ) -> Result<Written<CaseHead>, StoreError> {
        let writer = parts::new_writer();
        let key = Key::case_book_parts(&writer);
        let now = self.table.clock.now();
        let expires_at = expires_after(now, self.retention);
        let content = self
            .table
            .put_value(&key, &writer, &**book, expires_at)
            .await?;
        let next = CaseHead {
            revision: base.revision + 1,
            content: Some(content),
            written_at: Some(now),
        };
        let revision = AttributeValue::N(base.revision.to_string());
        let item = sealed(&Key::case_book(), &next)?;
        let is_written = self.table.put_if(item, IF_REVISION, revision).await?;
        // Either the old parts or, if the write failed, the new ones are no longer referenced.
        let old = if is_written {
            base.content.as_ref()
        } else {
            next.content.as_ref()
        };
        if let Some(old) = old {
            for key in parts::keys(&Key::case_book_parts(&old.writer), old).unwrap_or_default() {
                self.table.delete(&key).await?;
            }
        }
        if !is_written {
            return Ok(Written::Lost);
        }
        self.remember(&next, book);
        Ok(Written::Done(next))
    }

    async fn save_claim(&self, claim: &CaseClaim) -> Result<Written<CaseClaim>, StoreError> {
        let next = CaseClaim {
            revision: claim.revision + 1,
            ..claim.clone()
        };
        let base = AttributeValue::N(claim.revision.to_string());
        let item = sealed(&Key::case_claim(claim.key), &next)?;
        let stamp = Stamp {
            stamp: parts::new_writer(),
        };
        let stamp = sealed(&Key::case_stamp(), &stamp)?;
        let writes = vec![Write::PutIf(item, IF_REVISION, base), Write::Put(stamp)];
        Ok(if self.table.transact(writes).await? {
            Written::Done(next)
        } else {
            Written::Lost
        })
    }

    async fn save_hub_claims(&self, claims: &HubClaims) -> Result<Written<HubClaims>, StoreError> {
        let next = HubClaims {
            revision: claims.revision + 1,
            hubs: claims.hubs.clone(),
        };
        let base = AttributeValue::N(claims.revision.to_string());
        let item = sealed(&Key::hub_claims(), &next)?;
        Ok(if self.table.put_if(item, IF_REVISION, base).await? {
            Written::Done(next)
        } else {
            Written::Lost
        })
    }
}

impl DynamoDb {
    async fn book(&self, head: &CaseHead) -> Result<Arc<CaseBook>, StoreError> {
        let Some(content) = &head.content else {
            return Ok(Arc::default());
        };
        let cache = &self.case_cache.book;
        let known = cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, book)) = known.filter(|(known, _)| known == content) {
            return Ok(book);
        }
        let key = Key::case_book_parts(&content.writer);
        let book = self.table.value(&key, content).await?;
        let book: Arc<CaseBook> =
            Arc::new(book.ok_or_else(|| damaged(&key, &"parts are missing"))?);
        self.remember(head, &book);
        Ok(book)
    }

    fn remember(&self, head: &CaseHead, book: &Arc<CaseBook>) {
        let cache = &self.case_cache.book;
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        let content = head.content.clone();
        *cache = content.map(|content| (content, Arc::clone(book)));
    }

    async fn claims(&self, stamp: String) -> Result<Arc<Claims>, StoreError> {
        let cache = &self.case_cache.claims;
        let known = cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, claims)) = known.filter(|(known, _)| *known == stamp) {
            return Ok(claims);
        }
        if stamp.is_empty() {
            return Ok(Arc::default());
        }
        let range = Range::claims();
        let items = self.table.range(&range, Order::Ascending, None).await?;
        let claims = items
            .into_iter()
            .filter(|item| Key::of(item) != Key::case_stamp());
        let claims = claims.map(|item| {
            let claim: CaseClaim = read(item)?;
            Ok((claim.key, claim))
        });
        let claims = Arc::new(claims.collect::<Result<Claims, StoreError>>()?);
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        *cache = Some((stamp, Arc::clone(&claims)));
        Ok(claims)
    }
}

fn or_default<T: Default + serde::de::DeserializeOwned>(
    item: Option<Item>,
) -> Result<T, StoreError> {
    item.map_or_else(|| Ok(T::default()), read)
}

/// If they are damaged, no failing hub has an owner, and the next claim replaces them.
fn hub_claims(item: Option<Item>) -> Result<HubClaims, StoreError> {
    let revision = item
        .as_ref()
        .and_then(|item| item::number(item, "revision"));
    match or_default(item) {
        Err(error) if error.is_damage() => {
            tracing::error!(event = "table_damaged", %error, "found damage in the claims of failing member lists: no one owns them");
            let revision = revision.and_then(|revision| u64::try_from(revision).ok());
            Ok(HubClaims {
                revision: revision.ok_or(error)?,
                ..HubClaims::default()
            })
        }
        claims => claims,
    }
}
