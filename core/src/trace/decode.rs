//! Reading the body of a trace message.
//!
//! **In RocketMQ**: `TraceDataEncoder.decoderFromTraceDataString`, `TraceView.decodeFromTraceTransData`.

use std::str::FromStr;

use super::{CONTENT_SPLITTER, FIELD_SPLITTER};

/// What a context is about (`TraceType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceType {
    /// A send.
    Pub,
    /// A consumption begins.
    SubBefore,
    /// A consumption has ended.
    SubAfter,
    /// A producer ends a transaction.
    EndTransaction,
    /// A producer recalls a delayed message (V5 only).
    Recall,
}

/// What is read from a context for the operator (`TraceView`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceView {
    /// What it is about.
    pub trace_type: TraceType,
    /// The producer's id of the message.
    pub msg_id: String,
    /// The group; empty in a `SubAfter` of an old client.
    pub group: String,
    /// Milliseconds since 1970; `None` in a `SubAfter` of an old client, where Java puts the moment of reading.
    pub time: Option<i64>,
    /// Milliseconds that it took; 0 where the context has none.
    pub cost: i32,
    /// Whether it succeeded.
    pub is_success: bool,
}

/// Why a text is no list of contexts: what Java throws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// A context ends before this field (`ArrayIndexOutOfBoundsException`).
    Missing {
        /// The field's index.
        index: usize,
        /// The fields that are there.
        length: usize,
    },
    /// A number was expected (`NumberFormatException`).
    NotANumber(String),
}

/// The contexts of a body in their order; unknown kinds are passed over. `Recall` is known to V5 only.
///
/// # Errors
/// A context of a known kind that lacks a field or has no number where one belongs.
pub fn decode(body: &str, knows_recall: bool) -> Result<Vec<TraceView>, DecodeError> {
    let contexts = body.split(FIELD_SPLITTER).filter(|context| !context.is_empty());
    contexts.filter_map(|context| decode_context(context, knows_recall).transpose()).collect()
}

/// A line as Java splits it: empty fields at the end are gone.
struct Line<'a>(Vec<&'a str>);

impl<'a> Line<'a> {
    fn new(context: &'a str) -> Self {
        Self(context.trim_end_matches(CONTENT_SPLITTER).split(CONTENT_SPLITTER).collect())
    }

    fn text(&self, index: usize) -> Result<&'a str, DecodeError> {
        self.0.get(index).copied().ok_or(DecodeError::Missing { index, length: self.0.len() })
    }

    fn number<N: FromStr>(&self, index: usize) -> Result<N, DecodeError> {
        let text = self.text(index)?;
        text.parse().map_err(|_| DecodeError::NotANumber(text.to_owned()))
    }

    /// `Boolean.parseBoolean`.
    fn is_true(&self, index: usize) -> Result<bool, DecodeError> {
        Ok(self.text(index)?.eq_ignore_ascii_case("true"))
    }
}

fn decode_context(context: &str, knows_recall: bool) -> Result<Option<TraceView>, DecodeError> {
    let line = Line::new(context);
    let view = match line.text(0)? {
        "Pub" => decode_pub(&line)?,
        "SubBefore" => {
            let view = with_group(&line, TraceType::SubBefore)?;
            line.number::<i32>(6)?;
            line.text(7)?;
            view
        }
        "SubAfter" => decode_sub_after(&line)?,
        "EndTransaction" => {
            let view = with_group(&line, TraceType::EndTransaction)?;
            (6..=12).try_for_each(|index| line.text(index).map(|_| ()))?;
            view
        }
        "Recall" if knows_recall => {
            let view = with_group(&line, TraceType::Recall)?;
            TraceView { is_success: line.is_true(6)?, ..view }
        }
        _ => return Ok(None),
    };
    Ok(Some(view))
}

/// What the kinds that begin with time, region and group have at the same places. Fields are read in the order of
/// Java, so that the first one that is missing is named.
fn with_group(line: &Line<'_>, trace_type: TraceType) -> Result<TraceView, DecodeError> {
    let time = Some(line.number(1)?);
    line.text(2)?;
    let group = line.text(3)?.to_owned();
    line.text(4)?;
    let msg_id = line.text(5)?.to_owned();
    Ok(TraceView { trace_type, time, group, msg_id, cost: 0, is_success: true })
}

fn decode_pub(line: &Line<'_>) -> Result<TraceView, DecodeError> {
    let view = with_group(line, TraceType::Pub)?;
    (6..=8).try_for_each(|index| line.text(index).map(|_| ()))?;
    line.number::<i32>(9)?;
    let cost = line.number(10)?;
    line.number::<u32>(11)?;
    // Older clients wrote no offsetMsgId; with neither it nor a success the default of `TraceContext` stands.
    let is_success = match line.0.len() {
        ..=12 => true,
        13 => line.is_true(12)?,
        _ => line.is_true(13)?,
    };
    Ok(TraceView { cost, is_success, ..view })
}

fn decode_sub_after(line: &Line<'_>) -> Result<TraceView, DecodeError> {
    line.text(1)?;
    let msg_id = line.text(2)?.to_owned();
    line.text(5)?;
    let (cost, is_success) = (line.number(3)?, line.is_true(4)?);
    if line.0.len() >= 7 {
        line.number::<i32>(6)?;
    }
    let has_group = line.0.len() >= 9;
    let time = if has_group { Some(line.number(7)?) } else { None };
    let group = if has_group { line.text(8)?.to_owned() } else { String::new() };
    Ok(TraceView { trace_type: TraceType::SubAfter, time, group, msg_id, cost, is_success })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_is_read() {
        let text = "Pub|1767225600000|DefaultRegion|p|T|ID|null|k1 k2|127.0.0.1:10911|5|7|0|\
                    7F00000100002A9F0000000000000000|true;";
        let expected = TraceView {
            trace_type: TraceType::Pub,
            msg_id: "ID".to_owned(),
            group: "p".to_owned(),
            time: Some(1_767_225_600_000),
            cost: 7,
            is_success: true,
        };
        assert_eq!(decode(&text.replace('|', "\u{1}").replace(';', "\u{2}"), false), Ok(vec![expected]));
    }

    #[test]
    fn what_old_clients_wrote_is_read_and_what_is_broken_is_thrown() {
        let old = "SubAfter\u{1}R\u{1}ID\u{1}3\u{1}false\u{1}k\u{2}";
        let views = decode(old, true).unwrap_or_default();
        assert_eq!((views[0].time, views[0].group.as_str(), views[0].is_success), (None, "", false));
        assert_eq!(decode("hello\u{2}", true), Ok(Vec::new()));
        assert_eq!(decode("Pub\u{1}x", true), Err(DecodeError::NotANumber("x".to_owned())));
        assert_eq!(decode("Pub\u{1}5", true), Err(DecodeError::Missing { index: 2, length: 2 }));
        let recall = "Recall\u{1}5\u{1}R\u{1}g\u{1}T\u{1}ID\u{1}true\u{2}";
        assert_eq!(decode(recall, true).map(|views| views.len()), Ok(1));
        assert_eq!(decode(recall, false), Ok(Vec::new()));
    }
}
