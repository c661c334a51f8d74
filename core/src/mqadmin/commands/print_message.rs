//! Commands that read queues and print what is in them.
//!
//! **In RocketMQ**: `PrintMessageSubCommand`, `PrintMessageByQueueCommand`, `ConsumeMessageCommand`.
//!
//! **Left out on purpose**: light queues (`-l` of V5's `printMsg`).

use super::SubCommand;
use crate::config::Profile;
use crate::gather::Arrange as _;
use crate::hash_order::in_hash_order;
use crate::id::{MessageQueue, QueueId, TopicName};
use crate::message::java_hash;
use crate::mqadmin::arguments::{Arguments, option};
use crate::mqadmin::exception::Exception;
use crate::mqadmin::message_ext::MessageExt;
use crate::mqadmin::pull_consumer::{PullConsumer, PullResult, PullStatus, describe_queue};
use crate::mqadmin::session::{Session, Step, caught};
use crate::mqadmin::timestamp;
use crate::rpc::MessageSelector;

/// The commands of this family.
pub(super) const COMMANDS: &[SubCommand] = &[
    SubCommand {
        name: "printMsg",
        failure: "PrintMessageSubCommand command failed",
        options: &[
            option("t", "topic", "topic name").required(),
            option("c", "charsetName ", "CharsetName(eg: UTF-8,GBK)"),
            option("s", "subExpression ", "Subscribe Expression(eg: TagA || TagB)"),
            option("b", "beginTimestamp ", "Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]"),
            option("e", "endTimestamp ", "End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]"),
            option("d", "printBody ", "print body"),
            option("l", "lmqParentTopic", "Lmq parent topic, lmq is used to find the route.")
                .only(Profile::V5),
        ],
        run: print_msg,
    },
    SubCommand {
        name: "printMsgByQueue",
        failure: "PrintMessageByQueueCommand command failed",
        options: &[
            option("t", "topic", "topic name").required(),
            option("a", "brokerName ", "broker name").required(),
            option("i", "queueId ", "queue id").required(),
            option("c", "charsetName ", "CharsetName(eg: UTF-8,GBK)"),
            option("s", "subExpression ", "Subscribe Expression(eg: TagA || TagB)"),
            option("b", "beginTimestamp ", "Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]"),
            option("e", "endTimestamp ", "End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]"),
            option("p", "print msg", "print msg. eg: true | false(default)"),
            option("d", "printBody ", "print body. eg: true | false(default)"),
            option("f", "calculate", "calculate by tag. eg: true | false(default)"),
        ],
        run: print_msg_by_queue,
    },
    SubCommand {
        name: "consumeMessage",
        failure: "ConsumeMessageCommand command failed",
        options: &[
            option("t", "topic", "Topic name").required(),
            option("b", "brokerName", "Broker name"),
            option("i", "queueId", "Queue Id"),
            option("o", "offset", "Queue offset"),
            option("g", "consumerGroup", "Consumer group name"),
            option("s", "beginTimestamp ", "Begin timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]"),
            option("e", "endTimestamp ", "End timestamp[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]"),
            option("c", "MessageNumber", "Number of message to be consumed"),
        ],
        run: consume_message,
    },
];

/// Messages in one pull.
const BATCH: i64 = 32;

/// The subscription that `-s` asks for.
fn selector(session: &Session<'_>, arguments: &Arguments) -> Result<MessageSelector, Exception> {
    let expression = arguments.value("s").unwrap_or("*");
    MessageSelector::by_tag(expression)
        .map_err(|_| Exception::client_side(session.profile(), "parse subscription error"))
}

/// Prints messages; without bodies, or not at all when Java does not know the character set.
fn print_messages(session: &mut Session<'_>, messages: &[MessageExt], charset: &str, with_body: bool) {
    for message in messages {
        let body = if with_body { message.body_text(charset) } else { Some("NOT PRINT BODY".to_owned()) };
        if let Some(body) = body {
            let text = message.describe(session.profile(), session.epoch());
            session.println(&format!("MSGID: {} {text} BODY: {body}", message.message_id()));
        }
    }
}

/// Where reading begins and ends: the queue's bounds, or those that moments give.
fn bounds(
    session: &mut Session<'_>,
    arguments: &Arguments,
    consumer: &mut PullConsumer,
    queue: &MessageQueue,
) -> Step<(i64, i64)> {
    let mut min = consumer.min_offset(session, queue)?;
    let mut max = consumer.max_offset(session, queue)?;
    for (option, bound) in [("b", &mut min), ("e", &mut max)] {
        if let Some(text) = arguments.value(option) {
            let at = timestamp::instant(session.epoch(), timestamp::read(text)?);
            *bound = consumer.search_offset(session, queue, at)?;
        }
    }
    Ok((min, max))
}

pub(super) fn print_msg(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let topic: TopicName = arguments.required("t").into();
    let charset = arguments.value("c").unwrap_or("UTF-8");
    let with_body = !arguments.has("d") || arguments.is_true("d");
    let mut consumer = PullConsumer::new(&topic);
    for queue in consumer.fetch_subscribe_message_queues(session)? {
        let (min, max) = bounds(session, arguments, &mut consumer, &queue)?;
        let name = describe_queue(&queue);
        session.println(&format!("minOffset={min}, maxOffset={max}, {name}"));
        let selector = caught(selector(session, arguments).map_err(Into::into))?;
        let mut offset = min;
        while offset < max {
            let pulled = match &selector {
                Ok(selector) => caught(consumer.pull(session, &queue, selector, offset, BATCH))?,
                Err(exception) => Err(exception.clone()),
            };
            let PullResult { status, next, messages } = match pulled {
                Ok(pulled) => pulled,
                Err(exception) => {
                    session.print_stack_trace(&exception);
                    break;
                }
            };
            offset = next;
            match status {
                PullStatus::Found => print_messages(session, &messages, charset, with_body),
                PullStatus::NoMatchedMessage => {
                    session.println(&format!("{name} no matched msg. status={status}, offset={offset}"));
                }
                PullStatus::NoNewMessage | PullStatus::OffsetIllegal => {
                    session.println(&format!("{name} print msg finished. status={status}, offset={offset}"));
                    break;
                }
            }
        }
        session.println("--------------------------------------------------------");
    }
    Ok(())
}

pub(super) fn print_msg_by_queue(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let charset = arguments.value("c").unwrap_or("UTF-8");
    let queue = MessageQueue {
        topic: arguments.required("t").into(),
        broker_name: arguments.required("a").into(),
        queue_id: QueueId(arguments.number("i")?.unwrap_or_default()),
    };
    let mut consumer = PullConsumer::new(&queue.topic);
    let (mut offset, max) = bounds(session, arguments, &mut consumer, &queue)?;
    let selector = caught(selector(session, arguments).map_err(Into::into))?;
    let mut tags: Vec<(String, u64)> = Vec::new();
    while offset < max {
        let pulled = match &selector {
            Ok(selector) => caught(consumer.pull(session, &queue, selector, offset, BATCH))?,
            Err(exception) => Err(exception.clone()),
        };
        let pulled = match pulled {
            Ok(pulled) if pulled.status == PullStatus::Found => pulled,
            Ok(_) => break,
            Err(exception) => {
                session.print_stack_trace(&exception);
                break;
            }
        };
        offset = pulled.next;
        count_tags(&pulled.messages, &mut tags);
        if arguments.is_true("p") {
            print_messages(session, &pulled.messages, charset, arguments.is_true("d"));
        }
    }
    if arguments.is_true("f") {
        let mut in_order = in_hash_order(tags, |(tag, _)| java_hash(tag));
        in_order.arrange_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (tag, count) in in_order {
            session.println(&format!("Tag: {tag:<30} Count: {count}"));
        }
    }
    Ok(())
}

fn count_tags(messages: &[MessageExt], tags: &mut Vec<(String, u64)>) {
    let found = messages.iter().filter_map(|message| message.stored.message.tag());
    for tag in found.filter(|tag| !tag.trim().is_empty()) {
        match tags.iter_mut().find(|(known, _)| **known == **tag) {
            Some((_, count)) => *count += 1,
            None => tags.push((tag.to_string(), 1)),
        }
    }
}

/// Messages that `consumeMessage` prints when the operator does not say how many.
const USUAL_COUNT: i64 = 128;

/// What `consumeMessage` is to read.
struct Wish {
    topic: TopicName,
    /// Broker name, queue and offset to begin with; all queues without them.
    from: Option<(String, u32, i64)>,
    /// Milliseconds since 1970; 0 for no bound.
    begin: i64,
    end: i64,
    count: i64,
}

impl Wish {
    /// Reads the options.
    ///
    /// # Errors
    /// Inside, what the tool prints when options do not fit together.
    fn read(session: &Session<'_>, arguments: &Arguments) -> Step<Result<Self, &'static str>> {
        let count = arguments.number("c")?.unwrap_or(USUAL_COUNT);
        if count <= 0 {
            return Ok(Err("Please input a positive messageNumber!"));
        }
        if arguments.has("i") && !arguments.has("b") {
            return Ok(Err("Please set the brokerName before queueId!"));
        }
        if arguments.has("o") && !arguments.has("i") {
            return Ok(Err("Please set queueId before offset!"));
        }
        let offset = arguments.number("o")?.unwrap_or_default();
        let now = i64::try_from(session.epoch().wall_clock(session.now())).unwrap_or(i64::MAX);
        let begin = arguments.value("s").map_or(Ok(0), timestamp::read)?;
        if begin > now {
            return Ok(Err("Please set the beginTimestamp before now!"));
        }
        let end = arguments.value("e").map_or(Ok(0), timestamp::read)?;
        if end > now {
            return Ok(Err("Please set the endTimestamp before now!"));
        }
        if arguments.has("e") && begin > end {
            return Ok(Err(
                "Please make sure that the beginTimestamp is less than or equal to the endTimestamp",
            ));
        }
        let queue_id = arguments.number("i")?;
        let from = arguments.value("b").zip(queue_id).map(|(name, id)| (name.to_owned(), id, offset));
        Ok(Ok(Self { topic: arguments.required("t").into(), from, begin, end, count }))
    }

    fn bounds(
        &self,
        session: &mut Session<'_>,
        consumer: &mut PullConsumer,
        queue: &MessageQueue,
    ) -> Step<(i64, i64)> {
        let mut min = consumer.min_offset(session, queue)?;
        let mut max = consumer.max_offset(session, queue)?;
        for (millis, bound) in [(self.begin, &mut min), (self.end, &mut max)] {
            if millis > 0 {
                let at = timestamp::instant(session.epoch(), millis);
                *bound = consumer.search_offset(session, queue, at)?;
            }
        }
        Ok((min, max))
    }
}

pub(super) fn consume_message(session: &mut Session<'_>, arguments: &Arguments) -> Step<()> {
    let wish = match Wish::read(session, arguments)? {
        Ok(wish) => wish,
        Err(text) => {
            session.print(text);
            return Ok(());
        }
    };
    let mut consumer = match arguments.value("g") {
        Some(group) => PullConsumer::of_group(group.into(), &wish.topic),
        None => PullConsumer::new(&wish.topic),
    };
    let done = match &wish.from {
        Some((broker_name, queue_id, offset)) => {
            let queue = MessageQueue {
                topic: wish.topic.clone(),
                broker_name: broker_name.as_str().into(),
                queue_id: QueueId(*queue_id),
            };
            consume_one_queue(session, &wish, &mut consumer, &queue, *offset)
        }
        None => consume_all_queues(session, &wish, &mut consumer),
    };
    if let Err(exception) = caught(done)? {
        session.print_stack_trace(&exception);
    }
    Ok(())
}

/// Queue after queue until enough was offered (`executeDefault`). A queue counts one more than it has.
fn consume_all_queues(session: &mut Session<'_>, wish: &Wish, consumer: &mut PullConsumer) -> Step<()> {
    let mut left = wish.count;
    for queue in consumer.fetch_subscribe_message_queues(session)? {
        if left == 0 {
            break;
        }
        let (min, mut max) = wish.bounds(session, consumer, &queue)?;
        if max - min > left {
            session.println(&format!(
                "The older {left} message of the {} queue will be provided",
                queue.queue_id
            ));
            max = min + left - 1;
            left = 0;
        } else {
            left -= max - min + 1;
        }
        pull_range(session, consumer, &queue, min, max)?;
    }
    Ok(())
}

/// `executeByCondition`.
fn consume_one_queue(
    session: &mut Session<'_>,
    wish: &Wish,
    consumer: &mut PullConsumer,
    queue: &MessageQueue,
    offset: i64,
) -> Step<()> {
    let (min, mut max) = wish.bounds(session, consumer, queue)?;
    if offset > max {
        session.println(&format!("{} no matched msg, offset={offset}", describe_queue(queue)));
        return Ok(());
    }
    let min = min.max(offset);
    if max - min > wish.count {
        session.println(&format!("The oldler {} message will be provided", wish.count));
        max = min + wish.count - 1;
    }
    pull_range(session, consumer, queue, min, max)
}

/// Reads from one offset to another, both included (`pullMessageByQueue`).
fn pull_range(
    session: &mut Session<'_>,
    consumer: &mut PullConsumer,
    queue: &MessageQueue,
    min: i64,
    max: i64,
) -> Step<()> {
    let name = describe_queue(queue);
    let mut offset = min;
    while offset <= max {
        let pulled = consumer.pull(session, queue, &MessageSelector::all(), offset, max - offset + 1);
        let PullResult { status, next, messages } = match caught(pulled)? {
            Ok(pulled) => pulled,
            Err(exception) => {
                session.print_stack_trace(&exception);
                return Ok(());
            }
        };
        offset = next;
        match status {
            PullStatus::Found => {
                session.println("Consume ok");
                print_messages(session, &messages, "UTF-8", true);
            }
            PullStatus::NoMatchedMessage => {
                session.println(&format!("{name} no matched msg. status={status}, offset={offset}"));
            }
            PullStatus::NoNewMessage | PullStatus::OffsetIllegal => {
                session.println(&format!("{name} print msg finished. status={status}, offset={offset}"));
                return Ok(());
            }
        }
    }
    Ok(())
}
