//! Group offsets as a broker keeps them in `consumerOffset.json`.

use std::collections::BTreeMap;

use lab_core::view::OffsetView;

/// `topic@group` → queue → offset. Retry topics are left out: when their row first shows is chance.
pub(super) type OffsetTable = BTreeMap<String, BTreeMap<u32, u64>>;

/// Reads the `offsetTable` of the file, which is JSON but for queue ids without quotes.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn read(text: &str) -> Result<OffsetTable, String> {
    let mut json: serde_json::Value =
        serde_json::from_str(&quote_keys(text)).map_err(|why| why.to_string())?;
    let mut table: OffsetTable =
        serde_json::from_value(json["offsetTable"].take()).map_err(|why| why.to_string())?;
    table.retain(|topic, _| !topic.starts_with("%RETRY%"));
    Ok(table)
}

/// The same of a broker of the lab.
pub(super) fn of(offsets: &[OffsetView]) -> OffsetTable {
    let mut table = OffsetTable::new();
    for entry in offsets.iter().filter(|entry| !entry.topic.is_retry()) {
        let queues = table.entry(format!("{}@{}", entry.topic, entry.group)).or_default();
        queues.insert(entry.queue_id.0, entry.offset.0);
    }
    table
}

/// Puts the quotes around keys that are numbers.
fn quote_keys(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(place) = rest.find(['{', ',']) {
        let (head, tail) = rest.split_at(place + 1);
        quoted.push_str(head);
        let key = tail.trim_start();
        let digits = key.len() - key.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = tail;
        if digits > 0 && key[digits..].starts_with(':') {
            quoted.push_str(&format!("\"{}\"", &key[..digits]));
            rest = &key[digits..];
        }
    }
    quoted.push_str(rest);
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_broker_is_read() {
        let text =
            "{\n\t\"offsetTable\":{\n\t\t\"%RETRY%g@g\":{0:0\n\t\t},\"T@g\":{0:100,12:7\n\t\t}\n\t}\n}";
        let queues = BTreeMap::from([(0, 100), (12, 7)]);
        assert_eq!(read(text), Ok(OffsetTable::from([("T@g".to_owned(), queues)])));
    }
}
