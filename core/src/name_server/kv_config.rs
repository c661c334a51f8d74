//! The KV configuration: what operators put into a name server, by namespace (`KVConfigManager`).
//!
//! RocketMQ itself uses one namespace, the order configuration. It is the only part of a name server that survives its
//! process (`kvConfig.json`, written with every change).

use std::collections::BTreeMap;
use std::sync::Arc;

use arcstr::ArcStr;

use crate::rpc::{KvTable, NAMESPACE_ORDER_TOPIC_CONFIG};

/// All namespaces. One that was used once stays, if empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KvConfig {
    namespaces: BTreeMap<ArcStr, Arc<KvTable>>,
}

impl KvConfig {
    /// The values of a namespace.
    pub fn namespace(&self, namespace: &str) -> Option<&Arc<KvTable>> {
        self.namespaces.get(namespace)
    }

    /// One value.
    pub fn get(&self, namespace: &str, key: &str) -> Option<&ArcStr> {
        self.namespaces.get(namespace)?.get(key)
    }

    /// The order configuration of all topics.
    pub(super) fn order_topics(&self) -> Option<Arc<KvTable>> {
        self.namespace(NAMESPACE_ORDER_TOPIC_CONFIG).cloned()
    }

    pub(super) fn put(&mut self, namespace: ArcStr, key: ArcStr, value: ArcStr) {
        Arc::make_mut(self.namespaces.entry(namespace).or_default()).insert(key, value);
    }

    pub(super) fn delete(&mut self, namespace: &str, key: &str) {
        if let Some(table) = self.namespaces.get_mut(namespace) {
            Arc::make_mut(table).remove(key);
        }
    }
}
