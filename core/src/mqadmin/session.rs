//! One run of a command: the answers so far, what it printed, and the question on which it waits.

use super::MqadminStart;
use super::exception::Exception;
use crate::config::Profile;
use crate::id::Address;
use crate::remoting::Failure;
use crate::rng::Rng;
use crate::rpc::{Request, Response, ResponseCode};
use crate::time::{Duration, Epoch, Instant};

/// How long the tool waits for an answer (`timeoutMillis` of `DefaultMQAdminExtImpl`).
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Something that the command waited for.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A request was answered, or will not be.
    Answered {
        /// When.
        at: Instant,
        /// The answer.
        result: Box<Result<Response, Failure>>,
    },
    /// A pause is over.
    Rested {
        /// When.
        at: Instant,
    },
}

/// What a command waits for.
#[derive(Debug)]
pub(super) enum Pause {
    /// An answer.
    Answer {
        /// Whom it asks.
        to: Address,
        /// What.
        request: Box<Request>,
        /// How long it waits.
        timeout: Duration,
    },
    /// Time.
    Rest(Duration),
}

/// Why a command does not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// It waits; it will run again from its beginning.
    Waits(Pause),
    /// It throws.
    Throws(Exception),
}

impl From<Exception> for Stop {
    fn from(exception: Exception) -> Self {
        Self::Throws(exception)
    }
}

/// The result of anything that may have to wait.
pub(super) type Step<T> = Result<T, Stop>;

/// What came of a step whose exceptions the command itself catches.
pub(super) fn caught<T>(step: Step<T>) -> Step<Result<T, Exception>> {
    match step {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Throws(exception)) => Ok(Err(exception)),
        Err(Stop::Waits(pause)) => Err(Stop::Waits(pause)),
    }
}

/// The hands and the voice of a command.
pub(super) struct Session<'a> {
    start: &'a MqadminStart,
    now: Instant,
    /// Chance. Every run of the command begins with the same, so that it chooses again what it chose before.
    rng: Rng,
    replies: std::slice::Iter<'a, Reply>,
    /// Shuffled, as the client library does it with its list.
    name_servers: Vec<Address>,
    /// The name server that is talked to, as a place in the list.
    chosen: usize,
    output: String,
}

impl<'a> Session<'a> {
    pub(super) fn new(start: &'a MqadminStart, started_at: Instant, replies: &'a [Reply]) -> Self {
        let mut session = Self {
            start,
            now: started_at,
            rng: start.rng.clone(),
            replies: replies.iter(),
            name_servers: Vec::new(),
            chosen: 0,
            output: String::new(),
        };
        session.set_name_servers(start.name_servers.clone());
        session
    }

    /// The version of the tool.
    pub(super) const fn profile(&self) -> Profile {
        self.start.profile
    }

    /// The date of virtual zero.
    pub(super) const fn epoch(&self) -> Epoch {
        self.start.epoch
    }

    /// The tool's own address.
    pub(super) const fn address(&self) -> Address {
        self.start.address
    }

    /// The present moment: of the last answer, or of the start.
    pub(super) const fn now(&self) -> Instant {
        self.now
    }

    /// The name servers, in the order in which the client library has them: any.
    pub(super) fn name_servers(&self) -> &[Address] {
        &self.name_servers
    }

    /// Takes another list of name servers (`-n`). Chance decides which of them is asked first.
    pub(super) fn set_name_servers(&mut self, mut name_servers: Vec<Address>) {
        for last in (1..name_servers.len()).rev() {
            name_servers.swap(last, self.below(last + 1));
        }
        self.chosen = 0;
        self.name_servers = name_servers;
    }

    /// A number below `bound`, by chance.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.rng.below(u32::try_from(bound).unwrap_or(u32::MAX)) as usize
    }

    /// Prints text as it is.
    pub(super) fn print(&mut self, text: &str) {
        self.output.push_str(text);
    }

    /// Prints a line.
    pub(super) fn println(&mut self, line: &str) {
        self.output.push_str(line);
        self.output.push('\n');
    }

    pub(super) fn into_output(self) -> String {
        self.output
    }

    /// Lets time pass.
    pub(super) fn rest(&mut self, time: Duration) -> Step<()> {
        match self.replies.next() {
            Some(Reply::Rested { at } | Reply::Answered { at, .. }) => {
                self.now = *at;
                Ok(())
            }
            None => Err(Stop::Waits(Pause::Rest(time))),
        }
    }

    /// Asks and waits for whatever comes of it.
    pub(super) fn ask(
        &mut self,
        to: Address,
        request: Request,
        timeout: Duration,
    ) -> Step<Result<Response, Failure>> {
        match self.replies.next() {
            Some(Reply::Answered { at, result }) => {
                self.now = *at;
                Ok((**result).clone())
            }
            Some(Reply::Rested { .. }) | None => {
                Err(Stop::Waits(Pause::Answer { to, request: Box::new(request), timeout }))
            }
        }
    }

    /// Asks and throws what the remoting layer throws when there is no answer.
    pub(super) fn invoke(&mut self, to: Address, request: Request) -> Step<Response> {
        self.invoke_within(to, request, TIMEOUT)
    }

    /// [`Session::invoke`] with another patience.
    pub(super) fn invoke_within(
        &mut self,
        to: Address,
        request: Request,
        timeout: Duration,
    ) -> Step<Response> {
        let result = self.ask(to, request, timeout)?;
        Ok(result.map_err(|failure| Exception::remoting(self.profile(), failure, to, timeout))?)
    }

    /// Asks a broker and throws `MQBrokerException` when it refuses.
    pub(super) fn invoke_broker(&mut self, to: Address, request: Request) -> Step<Response> {
        self.invoke_broker_within(to, request, TIMEOUT)
    }

    /// [`Session::invoke_broker`] with another patience.
    pub(super) fn invoke_broker_within(
        &mut self,
        to: Address,
        request: Request,
        timeout: Duration,
    ) -> Step<Response> {
        let response = self.invoke_within(to, request, timeout)?;
        if response.code == ResponseCode::Success {
            return Ok(response);
        }
        Err(Exception::broker(self.profile(), response.code.number(), &response.remark, to).into())
    }

    /// Asks a broker and throws `MQClientException` when it refuses, as many calls of the tool do.
    pub(super) fn invoke_checked(&mut self, to: Address, request: Request) -> Step<Response> {
        self.invoke_checked_within(to, request, TIMEOUT)
    }

    /// [`Session::invoke_checked`] with another patience.
    pub(super) fn invoke_checked_within(
        &mut self,
        to: Address,
        request: Request,
        timeout: Duration,
    ) -> Step<Response> {
        let response = self.invoke_within(to, request, timeout)?;
        if response.code == ResponseCode::Success {
            return Ok(response);
        }
        Err(Exception::client(self.profile(), response.code.number(), &response.remark).into())
    }

    /// Asks a name server. Once one answers, the tool stays with it. When one cannot be reached, V4 goes through the
    /// whole list; V5 gives up and takes the next one for its next question.
    pub(super) fn ask_name_server(&mut self, request: &Request) -> Step<Response> {
        let attempts = if self.profile().is_v5() { 1 } else { self.name_servers.len() };
        for _ in 0..attempts {
            let Some(to) = self.name_servers.get(self.chosen % self.name_servers.len().max(1)).copied()
            else {
                break;
            };
            match self.ask(to, request.clone(), TIMEOUT)? {
                Ok(response) => return Ok(response),
                Err(Failure::Connect) => self.chosen += 1,
                Err(failure) => return Err(Exception::remoting(self.profile(), failure, to, TIMEOUT).into()),
            }
        }
        if self.profile().is_v5() || self.name_servers.is_empty() {
            return Err(Exception::unreachable("null").into());
        }
        let list: Vec<String> = self.name_servers.iter().map(ToString::to_string).collect();
        Err(Exception::unreachable(&format!("[{}]", list.join(", "))).into())
    }

    /// Asks a name server and throws `MQClientException` when it refuses.
    pub(super) fn invoke_name_server(&mut self, request: Request) -> Step<Response> {
        let response = self.ask_name_server(&request)?;
        if response.code == ResponseCode::Success {
            return Ok(response);
        }
        Err(Exception::client(self.profile(), response.code.number(), &response.remark).into())
    }

    /// The address that an operator wrote. Only the lab is strict here: the real tool would look a name up, and then
    /// fail to connect as this does.
    pub(super) fn read_address(text: &str) -> Step<Address> {
        let numbers = text.replacen("localhost", "127.0.0.1", 1);
        numbers.parse().map_err(|_| Exception::unreachable(text).into())
    }

    /// Prints an exception that the command catches and goes on after.
    pub(super) fn print_stack_trace(&mut self, exception: &Exception) {
        self.println(&exception.stack_trace());
    }
}
