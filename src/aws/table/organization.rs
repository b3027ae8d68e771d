//! The organization (a head, and the accounts in parts) and the Regions found for each
//! administrator.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::DynamoDb;
use super::access::IF_REVISION;
use super::item::{expires_after, read, sealed};
use super::keys::Key;
use super::parts;
use crate::domain::directory::Accounts;
use crate::domain::hub::Region;
use crate::domain::member::AccountId;
use crate::watch::ports::{OrganizationHead, OrganizationStore, RegionStore, StoreError, Written};

#[derive(Debug, Serialize, Deserialize)]
struct RegionsItem {
    regions: BTreeSet<Region>,
}

#[async_trait]
impl OrganizationStore for DynamoDb {
    async fn organization_head(&self) -> Result<OrganizationHead, StoreError> {
        let item = self.table.get(&Key::organization()).await?;
        item.map_or_else(|| Ok(OrganizationHead::default()), read)
    }

    async fn organization(&self, head: &OrganizationHead) -> Result<Option<Accounts>, StoreError> {
        match &head.content {
            Some(content) => {
                let key = Key::accounts(&content.writer);
                self.table.value(&key, content).await
            }
            None => Ok(None),
        }
    }

    async fn save_organization(
        &self,
        head: &OrganizationHead,
        accounts: Option<&Accounts>,
    ) -> Result<Written<OrganizationHead>, StoreError> {
        let mut next = OrganizationHead {
            revision: head.revision + 1,
            ..head.clone()
        };
        if let Some(accounts) = accounts {
            let writer = parts::new_writer();
            let key = Key::accounts(&writer);
            let expires_at = expires_after(self.table.clock.now(), self.retention);
            let content = self.table.put_value(&key, &writer, accounts, expires_at);
            next.content = Some(content.await?);
        }
        let base = AttributeValue::N(head.revision.to_string());
        let item = sealed(&Key::organization(), &next)?;
        if !self.table.put_if(item, IF_REVISION, base).await? {
            // TTL deletes the parts that were written already.
            return Ok(Written::Lost);
        }
        if let (Some(_), Some(old)) = (accounts, &head.content) {
            let old = parts::keys(&Key::accounts(&old.writer), old);
            for key in old.unwrap_or_default() {
                self.table.delete(&key).await?;
            }
        }
        Ok(Written::Done(next))
    }
}

#[async_trait]
impl RegionStore for DynamoDb {
    async fn regions(&self, admin: AccountId) -> Result<BTreeSet<Region>, StoreError> {
        let item = self.table.get(&Key::regions(admin)).await?;
        let known: Option<RegionsItem> = item.map(read).transpose()?;
        Ok(known.map(|known| known.regions).unwrap_or_default())
    }

    async fn keep_regions(
        &self,
        admin: AccountId,
        regions: &BTreeSet<Region>,
    ) -> Result<(), StoreError> {
        let regions = regions.clone();
        let item = sealed(&Key::regions(admin), &RegionsItem { regions })?;
        self.table.put(item).await
    }
}
