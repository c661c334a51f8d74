//! `mqadmin`: the command line of RocketMQ's operators, in its own words.
//!
//! A line as an operator types it (`updateTopic -c DefaultCluster -t Orders`) starts a process of its own, as the
//! real tool does. It asks name servers, brokers and through them clients the same requests that the real tool sends,
//! over the simulated network, and prints what the real tool prints: columns, order, number formats, exceptions. So a
//! dead broker, a stale name server or a missing permission has its real effect, and time passes while it works.
//!
//! A command is written as if its requests were answered at once: `session.invoke(address, request)?`. While an
//! answer is missing, the question mark leaves the function; with each answer it runs again from its beginning, the
//! answers so far at hand (`session`). Every file of `commands` holds one family of commands.
//!
//! **In RocketMQ**: `MQAdminStartup`, `SubCommand` and its classes in `tools.command`, `DefaultMQAdminExtImpl`
//! (behaviour §7; exact texts §7.1).
//!
//! **Left out on purpose**: stack lines under an exception; the half second in which a JVM starts and the three seconds
//! in which it ends; what belongs to ACLs, static topics, lite pull and RocksDB.
//!
//! **Invariants**: a command changes nothing but through requests; the same answers give the same output.

mod admin_ext;
mod arguments;
mod catalogue;
mod commands;
mod exception;
mod format;
mod group_ext;
mod message_ext;
mod message_query;
mod producer;
mod pull_consumer;
mod session;
#[cfg(test)]
mod tests;
mod timestamp;
mod usage;

use arcstr::ArcStr;

use crate::config::Profile;
use crate::fact::Fact;
use crate::id::Address;
use crate::outbox::{Input, Outbox};
use crate::remoting::{Outcome, Remoting};
use crate::rng::Rng;
use crate::rpc::Frame;
use crate::time::{Duration, Epoch, Instant};
use crate::timer::Timer;

pub use commands::{CommandInfo, known_commands, usage_of};
use session::{Pause, Reply, Session, Stop};

/// How long the tool waits for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// What a process of the tool is told when it is started.
#[derive(Clone, Debug)]
pub struct MqadminStart {
    /// The version of the tool, that of the cluster.
    pub profile: Profile,
    /// The date of virtual zero.
    pub epoch: Epoch,
    /// Its address.
    pub address: Address,
    /// The name servers that it asks when the line names none (`NAMESRV_ADDR`).
    pub name_servers: Vec<Address>,
    /// Its share of chance.
    pub rng: Rng,
}

/// One run of the tool.
#[derive(Clone, Debug)]
pub struct Mqadmin {
    start: MqadminStart,
    started_at: Instant,
    line: ArcStr,
    remoting: Remoting<()>,
    replies: Vec<Reply>,
}

impl Mqadmin {
    /// A process that has not begun to run. `line` is everything behind the word `mqadmin`.
    pub const fn new(start: MqadminStart, line: ArcStr) -> Self {
        Self {
            start,
            started_at: Instant::ZERO,
            line,
            remoting: Remoting::new(CONNECT_TIMEOUT),
            replies: Vec::new(),
        }
    }

    /// Reacts to one input.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Outbox) {
        let outcomes: Vec<Outcome<()>> = match input {
            Input::Started => {
                self.started_at = now;
                return self.go_on(now, out);
            }
            Input::Connected(connection) => {
                self.remoting.on_connected(connection, out);
                return;
            }
            Input::Refused(connection) => self.remoting.on_refused(connection, out),
            Input::Closed(connection) => self.remoting.on_closed(connection),
            Input::Timer(Timer::RequestTimeout, _) => self.remoting.on_timeout(now, out),
            Input::Timer(Timer::MqadminPause, _) => {
                self.replies.push(Reply::Rested { at: now });
                return self.go_on(now, out);
            }
            Input::Frame { frame: Frame::Response { opaque, response }, .. } => {
                self.remoting.on_response(opaque, *response).into_iter().collect()
            }
            Input::Frame { .. } | Input::Timer(..) | Input::Order(_) => Vec::new(),
        };
        for ((), result) in outcomes {
            self.replies.push(Reply::Answered { at: now, result: Box::new(result) });
            self.go_on(now, out);
        }
    }

    /// Runs the command with the answers so far: to its end, or up to the next question.
    fn go_on(&mut self, now: Instant, out: &mut Outbox) {
        let mut session = Session::new(&self.start, self.started_at, &self.replies);
        match commands::run(&mut session, &self.line) {
            Err(Stop::Waits(Pause::Answer { to, request, timeout })) => {
                self.remoting.invoke(now, to, *request, timeout, (), out);
            }
            Err(Stop::Waits(Pause::Rest(time))) => out.set_timer(Timer::MqadminPause, now + time),
            // What is thrown has been printed already.
            Ok(()) | Err(Stop::Throws(_)) => {
                let output = session.into_output().into();
                out.note(Fact::MqadminAnswered { line: self.line.clone(), output });
                out.exit();
            }
        }
    }
}
