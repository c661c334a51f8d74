//! Filters: which messages pass a subscription.
//!
//! A tag expression is looked at twice: the broker compares hashes, the client compares the tags themselves. Two tags
//! with equal hashes pass the broker together; the client then drops the wrong one. A [SQL92 expression](sql) is
//! evaluated by the broker alone. Dropped messages count as consumed.
//!
//! **In RocketMQ**: `ExpressionMessageFilter`, `DefaultMessageFilter`, `PullAPIWrapper` (behaviour §5.12).
//! **Left out on purpose**: class filters on filter servers, which RocketMQ itself has given up.
//!
//! **Invariant**: only the expression `*` takes everything; one whose tags are all blank passes no message at the broker.

pub mod sql;

use arcstr::ArcStr;

use crate::config::Profile;
use crate::message::{Message, java_hash};
use crate::rpc::{ExpressionType, SUB_ALL, Subscription};
use sql::SqlExpression;

/// Whether the broker lets a queue entry with this tag hash pass; without a hash it has to look at the message, so it
/// does. Only the low 32 bits of a hash count.
pub fn hash_matches(subscription: &Subscription, tag_hash: Option<i64>) -> bool {
    let Some(hash) = tag_hash else {
        return true;
    };
    !subscription.expression_type.is_tag_type()
        || &*subscription.expression == SUB_ALL
        || subscription.tags.iter().any(|tag| java_hash(tag) == hash as i32)
}

/// Whether the client hands a message with this tag to its listener.
pub fn tag_matches(subscription: &Subscription, tag: Option<&ArcStr>) -> bool {
    subscription.tags.is_empty() || tag.is_some_and(|tag| subscription.tags.contains(tag))
}

/// What a broker made of a group's subscription to a topic (`ConsumerFilterData`, `ExpressionMessageFilter`).
#[derive(Clone, Debug)]
pub struct BrokerFilter {
    subscription: Subscription,
    condition: Option<SqlExpression>,
}

impl BrokerFilter {
    /// Compiles what the subscription says.
    ///
    /// # Errors
    /// A sentence, when the expression is none of its language, or the broker does not know the language.
    pub fn new(subscription: &Subscription, profile: Profile) -> Result<Self, String> {
        let condition = match &subscription.expression_type {
            ExpressionType::Sql92 => Some(SqlExpression::compile(&subscription.expression, profile)?),
            kind if kind.is_tag_type() => None,
            kind => return Err(format!("there is no filter of type {kind}")),
        };
        Ok(Self { subscription: subscription.clone(), condition })
    }

    /// Whether an entry of the consume queue passes (`isMatchedByConsumeQueue`).
    pub fn is_matched_by_consume_queue(&self, tag_hash: i64) -> bool {
        hash_matches(&self.subscription, Some(tag_hash))
    }

    /// Whether the message itself passes (`isMatchedByCommitLog`).
    pub fn is_matched_by_commit_log(&self, message: &Message) -> bool {
        self.condition.as_ref().is_none_or(|condition| condition.matches(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::MessageSelector;
    use crate::time::Instant;

    fn tags(expression: &str) -> Subscription {
        MessageSelector::by_tag(expression).expect("a tag expression").subscription(Instant::ZERO)
    }

    #[test]
    fn equal_hashes_pass_the_broker_and_not_the_client() {
        let wanted = tags("Aa || C");
        assert!(hash_matches(&wanted, Some(2112)), "Aa and BB have the hash 2112");
        assert!(tag_matches(&wanted, Some(&"Aa".into())));
        assert!(!tag_matches(&wanted, Some(&"BB".into())));
        assert!(!tag_matches(&wanted, None));
    }

    #[test]
    fn a_star_takes_everything_and_a_blank_nothing() {
        assert!(hash_matches(&tags("*"), Some(0)) && tag_matches(&tags("*"), None));
        assert!(!hash_matches(&tags(" "), Some(0)), "a blank is no star");
    }

    #[test]
    fn sql_is_for_the_message_and_not_for_its_hash() {
        let wanted = MessageSelector::build("a > 5", ExpressionType::Sql92).expect("an expression");
        let filter =
            BrokerFilter::new(&wanted.subscription(Instant::ZERO), Profile::V5).expect("it compiles");
        let mut message = Message::new("T".into(), *b"m");
        message.set_property("a", "6");
        assert!(filter.is_matched_by_consume_queue(2112) && filter.is_matched_by_commit_log(&message));
        message.set_property("a", "4");
        assert!(!filter.is_matched_by_commit_log(&message));
    }
}
