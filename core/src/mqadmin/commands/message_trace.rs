//! The command that reads the trace of a message.
//!
//! **In RocketMQ**: `QueryMsgTraceByIdSubCommand`, `TraceView`.

use super::SubCommand;
use crate::config::Profile;
use crate::hash_order::in_buckets;
use crate::message::java_hash;
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::message_ext::MessageExt;
use crate::mqadmin::session::{Session, Step};
use crate::mqadmin::timestamp;
use crate::rpc::QueryMessage;
use crate::time::{Instant, format_date_time};
use crate::trace::{DecodeError, TRACE_TOPIC, TraceType, TraceView, decode};

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[SubCommand {
    name: "queryMsgTraceById",
    failure: "QueryMsgTraceByIdSubCommandcommand failed",
    options: &[
        option("i", "msgId", "Message Id").required(),
        option("t", "traceTopic", "The name value of message trace topic"),
        option("b", "beginTimestamp", "Begin timestamp(ms). default:0, eg:1676730526212").only(Profile::V5),
        option("e", "endTimestamp", "End timestamp(ms). default:Long.MAX_VALUE, eg:1676730526212")
            .only(Profile::V5),
        option("c", "maxNum", "The maximum number of messages returned by the query, default:64")
            .only(Profile::V5),
    ],
    run: query_msg_trace_by_id,
}];

/// Trace messages that are asked for when the operator does not say how many.
const USUAL_MAX: u32 = 64;
/// Buckets of the table of groups, whose order the groups come in.
const BUCKETS: usize = 16;

/// A trace and the IP address of the client that wrote it.
type Seen = (TraceView, String);

fn query_msg_trace_by_id(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let moment = |millis: i64, session: &Session<'_>| timestamp::instant(session.epoch(), millis);
    // V4 looks up to now, V5 without an end.
    let usual_end = if session.profile().is_v5() { Instant::NEVER } else { session.now() };
    let begin = arguments.number("b")?.map_or(Instant::ZERO, |millis| moment(millis, session));
    let end = arguments.number("e")?.map_or(usual_end, |millis| moment(millis, session));
    let id = arguments.required("i").trim();
    let query = QueryMessage {
        topic: arguments.value("t").map_or(TRACE_TOPIC, str::trim).into(),
        key: id.into(),
        max: arguments.number("c")?.unwrap_or(USUAL_MAX),
        begin,
        end,
        is_unique_key: false,
    };
    let mut seen = Vec::new();
    for message in session.query_message(None, &query)? {
        seen.extend(views_of(session.profile(), &message, id)?);
    }
    print_traces(session, seen);
    Ok(())
}

/// What a trace message says about the message with this id.
fn views_of(profile: Profile, message: &MessageExt, id: &str) -> Result<Vec<Seen>, Exception> {
    let body = String::from_utf8_lossy(&message.stored.message.body);
    let views = decode(&body, profile.is_v5()).map_err(|error| match error {
        DecodeError::Missing { index, length } => Exception::new(
            "java.lang.ArrayIndexOutOfBoundsException",
            format!("Index {index} out of bounds for length {length}"),
        ),
        DecodeError::NotANumber(text) => Exception::number_format(&text),
    })?;
    let host = message.stored.born_host.ip.to_string();
    Ok(views.into_iter().filter(|view| view.msg_id == id).map(|view| (view, host.clone())).collect())
}

/// Sends as they come, each under its own head, then the consumptions of each group under one.
fn print_traces(session: &mut Session<'_>, seen: Vec<Seen>) {
    let mut groups: Vec<(String, Vec<Seen>)> = Vec::new();
    for (view, host) in seen {
        match view.trace_type {
            TraceType::Pub => {
                print_head(session, "#ProducerGroup", "#SendTime");
                print_view(session, "Pub", &view, &host);
                session.println("");
            }
            TraceType::SubAfter => match groups.iter_mut().find(|(group, _)| *group == view.group) {
                Some((_, views)) => views.push((view, host)),
                None => groups.push((view.group.clone(), vec![(view, host)])),
            },
            TraceType::SubBefore | TraceType::EndTransaction | TraceType::Recall => {}
        }
    }
    for (_, views) in in_buckets(groups, BUCKETS, |(group, _)| java_hash(group)) {
        print_head(session, "#ConsumerGroup", "#ConsumerTime");
        for (view, host) in &views {
            print_view(session, "Sub", view, host);
        }
        session.println("");
    }
}

fn print_head(session: &mut Session<'_>, group: &str, time: &str) {
    print_row(session, ["#Type", group, "#ClientHost", time, "#CostTimes", "#Status"]);
}

fn print_view(session: &mut Session<'_>, kind: &str, view: &TraceView, host: &str) {
    let now = session.epoch().wall_clock(session.now());
    let millis = view.time.map_or(now, |time| u64::try_from(time).unwrap_or(0));
    // As Java's `yyyy-MM-dd HH:mm:ss`: without the milliseconds.
    let time = format_date_time(millis / 1000 * 1000);
    let time = time.get(..19).unwrap_or(&time);
    let status = if view.is_success { "success" } else { "failed" };
    print_row(session, [kind, &view.group, host, time, &format!("{}ms", view.cost), status]);
}

fn print_row(session: &mut Session<'_>, [kind, group, host, time, cost, status]: [&str; 6]) {
    session.println(&format!("{kind:<10} {group:<20} {host:<20} {time:<20} {cost:<10} {status:<10}"));
}
