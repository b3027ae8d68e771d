//! What is kept of the organization: a head, and the accounts in parts.

use aws_sdk_dynamodb::types::AttributeValue;

use super::items::{Key, damaged, read};
use super::new_version::{content, expiry, part_items};
use super::{DynamoDb, codec, decode};
use crate::domain::directory::Accounts;
use crate::watch::ports::{OrganizationHead, StoreError, Written};

impl DynamoDb {
    pub(super) async fn read_organization_head(&self) -> Result<OrganizationHead, StoreError> {
        let item = self.table.get(&Key::organization()).await?;
        item.map_or_else(|| Ok(OrganizationHead::default()), read)
    }

    pub(super) async fn read_organization(
        &self,
        head: &OrganizationHead,
    ) -> Result<Option<Accounts>, StoreError> {
        let Some(content) = &head.content else {
            return Ok(None);
        };
        let key = Key::organization_parts(&content.writer);
        let Some(bytes) = self.parts(&key, content).await? else {
            return Ok(None);
        };
        decode(&key, &bytes, content).map(Some)
    }

    /// Nobody looks for the parts before the head says that they are there.
    pub(super) async fn write_organization(
        &self,
        head: &OrganizationHead,
        accounts: Option<&Accounts>,
    ) -> Result<Written<OrganizationHead>, StoreError> {
        let mut next = OrganizationHead {
            revision: head.revision + 1,
            ..head.clone()
        };
        if let Some(accounts) = accounts {
            let writer = uuid::Uuid::new_v4().simple().to_string();
            let key = Key::organization_parts(&writer);
            let encoded =
                codec::encode(accounts).map_err(|error| damaged(&key.to_string(), &error))?;
            let expires_at = expiry(self.table.clock.now(), self.retention);
            for item in part_items(&key, &encoded, expires_at) {
                self.table.put(item).await?;
            }
            next.content = Some(content(&writer, &encoded));
        }
        let base = AttributeValue::N(head.revision.to_string());
        let write = AttributeValue::S(uuid::Uuid::new_v4().to_string());
        let mut item = Key::organization().with(&next)?;
        item.insert("write".to_owned(), write.clone());
        let condition = "attribute_not_exists(pk) OR revision = :base";
        if !self.table.put_if(item, condition, base, &write).await? {
            // What was written ahead is left to TTL.
            return Ok(Written::Lost);
        }
        if let (Some(_), Some(old)) = (accounts, &head.content) {
            let key = Key::organization_parts(&old.writer);
            for index in 0..old.parts {
                self.table.delete(&key.part(index)).await?;
            }
        }
        Ok(Written::Done(next))
    }
}
