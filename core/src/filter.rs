//! Tag filters: the broker compares hashes, the client compares the tags themselves.
//!
//! Two tags with equal hashes pass the broker together; the client then drops the wrong one. Dropped messages
//! count as consumed. **In RocketMQ**: `FilterAPI`, `DefaultMessageFilter`. **Left out on purpose**: SQL92.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::message::java_hash;
use crate::rpc::Subscription;
use crate::time::Instant;

/// Reads a tag expression: `*`, or tags joined by `||`.
pub fn subscription(expression: &Arc<str>, version: Instant) -> Subscription {
    let tags: BTreeSet<Arc<str>> = if expression.trim() == "*" {
        BTreeSet::new()
    } else {
        expression.split("||").map(str::trim).filter(|tag| !tag.is_empty()).map(Arc::from).collect()
    };
    Subscription { expression: expression.clone(), tags, version }
}

/// Whether the broker lets a queue entry with this tag hash pass.
pub fn hash_matches(subscription: &Subscription, tag_hash: i64) -> bool {
    subscription.tags.is_empty() || subscription.tags.iter().any(|tag| i64::from(java_hash(tag)) == tag_hash)
}

/// Whether the client hands a message with this tag to its listener.
pub fn tag_matches(subscription: &Subscription, tag: Option<&Arc<str>>) -> bool {
    subscription.tags.is_empty() || tag.is_some_and(|tag| subscription.tags.contains(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_hashes_pass_the_broker_and_not_the_client() {
        let wanted = subscription(&"Aa || C".into(), Instant::ZERO);
        assert!(hash_matches(&wanted, 2112), "Aa and BB have the hash 2112");
        assert!(tag_matches(&wanted, Some(&"Aa".into())));
        assert!(!tag_matches(&wanted, Some(&"BB".into())));
        assert!(!tag_matches(&wanted, None));
    }

    #[test]
    fn a_star_takes_everything() {
        let all = subscription(&"*".into(), Instant::ZERO);
        assert!(hash_matches(&all, 0) && tag_matches(&all, None));
    }
}
