//! Vectors of filters: tag expressions, tag hashes, SQL92.

use arcstr::ArcStr;

use lab_core::config::Profile;
use lab_core::filter::sql::SqlExpression;
use lab_core::filter::{hash_matches, tag_matches};
use lab_core::message::{Message, java_hash, tag_hash as lab_tag_hash};
use lab_core::rpc::{ExpressionType, MessageSelector, SelectorError, Subscription};
use lab_core::time::Instant;
use serde_json::{Value, json};

use super::{File, Outcome, compare};

/// The files of this module.
pub const FILES: &[File] = &[
    ("subscription", subscription),
    ("tag_hash", tag_hash),
    ("tag_filter", tag_filter),
    ("sql_filter", sql_filter),
];

fn subscription(case: &Value) -> Outcome {
    let kind = case["type"].as_str().map_or(ExpressionType::Tag, ExpressionType::from);
    let expression = case["subString"].as_str().unwrap_or_default();
    let selector = match case["group"].as_str() {
        Some("tag") => MessageSelector::by_tag(expression),
        Some("build") => MessageSelector::build(expression, kind),
        Some("typed") => MessageSelector::tags_of_type(expression, kind),
        Some("isTagType") => return compare(&case["expect"], &json!(kind.is_tag_type())),
        group => return Outcome::Failed(format!("unknown group {group:?}")),
    };
    compare(&case["expect"], &said(&case["topic"], selector))
}

/// A subscription, or its refusal, as the vectors write it.
fn said(topic: &Value, selector: Result<MessageSelector, SelectorError>) -> Value {
    match selector {
        Ok(selector) => {
            let read = selector.subscription(Instant::ZERO);
            let mut codes: Vec<_> = read.tags.iter().map(|tag| java_hash(tag)).collect();
            codes.sort_unstable();
            codes.dedup();
            let mut tags: Vec<_> =
                read.tags.iter().map(|tag| tag.encode_utf16().collect::<Vec<_>>()).collect();
            tags.sort_unstable();
            let tags: Vec<_> = tags.iter().map(|tag| String::from_utf16_lossy(tag)).collect();
            json!({
                "topic": topic,
                "subString": &*read.expression,
                "tagsSet": tags,
                "codeSet": codes,
                "expressionType": read.expression_type.as_str(),
                "classFilterMode": false,
            })
        }
        Err(why) => {
            let class = if why == SelectorError::NoTags { "Exception" } else { "IllegalArgumentException" };
            json!({ "error": class, "message": why.to_string() })
        }
    }
}

fn tag_hash(case: &Value) -> Outcome {
    compare(&case["expect"], &json!(lab_tag_hash(case["tag"].as_str())))
}

fn tag_filter(case: &Value) -> Outcome {
    let selector = MessageSelector::by_tag(case["subString"].as_str().unwrap_or_default());
    let wanted: Subscription = match selector {
        Ok(selector) => selector.subscription(Instant::ZERO),
        Err(why) => return Outcome::Failed(why.to_string()),
    };
    if case.get("tagsCode").is_some() {
        return compare(&case["expect"], &json!(hash_matches(&wanted, case["tagsCode"].as_i64())));
    }
    let tag: Option<ArcStr> = case["tag"].as_str().map(ArcStr::from);
    let hash = lab_tag_hash(tag.as_deref());
    let found = json!({
        "tagsCode": hash,
        "brokerPass": hash_matches(&wanted, Some(hash)),
        "clientPass": tag_matches(&wanted, tag.as_ref()),
    });
    compare(&case["expect"], &found)
}

fn sql_filter(case: &Value) -> Outcome {
    let expression = case["expression"].as_str().unwrap_or_default();
    let expression = match SqlExpression::compile(expression, Profile::V5) {
        Ok(expression) => expression,
        Err(_) => return compare(&case["expect"], &json!({ "error": "parse" })),
    };
    if case["group"] == "compile" {
        return compare(&case["expect"], &json!({ "ok": true }));
    }
    let mut message = Message::new("TopicTest".into(), *b"");
    for (name, value) in case["properties"].as_object().into_iter().flatten() {
        message.set_property(name, value.as_str().unwrap_or_default());
    }
    match expression.evaluate(&message) {
        Ok(found) => compare(&case["expect"], &json!(found)),
        Err(_) => compare(&case["expect"]["error"], &json!("evaluate")),
    }
}
