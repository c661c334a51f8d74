//! Namespaces: `namespace%topic`, behind the prefix of a retry or dead-letter topic (`NamespaceUtil`).

use super::{DLQ_PREFIX, RETRY_PREFIX, is_system_group, is_system_topic};

/// The prefix of a retry or dead-letter topic, and what follows it.
fn split(resource: &str) -> (&str, &str) {
    let prefix = [RETRY_PREFIX, DLQ_PREFIX].into_iter().find(|prefix| resource.starts_with(prefix));
    resource.split_at(prefix.map_or(0, str::len))
}

fn is_in(rest: &str, namespace: &str) -> bool {
    rest.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('%'))
}

fn is_system(resource: &str) -> bool {
    is_system_topic(resource) || is_system_group(resource)
}

/// The name within a namespace; system names, and names that are in it already, stay.
pub fn wrap_namespace(namespace: &str, resource: &str) -> String {
    let (prefix, rest) = split(resource);
    if namespace.is_empty() || resource.is_empty() || is_system(resource) || is_in(rest, namespace) {
        return resource.to_owned();
    }
    format!("{prefix}{namespace}%{rest}")
}

/// The name without whatever namespace it has.
pub fn without_namespace(resource: &str) -> String {
    let (prefix, rest) = split(resource);
    match rest.split_once('%') {
        Some((namespace, rest)) if !namespace.is_empty() && !is_system(resource) => format!("{prefix}{rest}"),
        _ => resource.to_owned(),
    }
}

/// The name without this namespace, if it has it.
pub fn without_this_namespace(namespace: &str, resource: &str) -> String {
    let (_, rest) = split(resource);
    if !namespace.is_empty() && is_in(rest, namespace) {
        without_namespace(resource)
    } else {
        resource.to_owned()
    }
}
