//! How a broker comes online when its name is to have more than one replica.
//!
//! A master that returns is isolated. It asks a name server who is there, and goes from one to the next: it says where
//! its log is, waits until that slave replicates from it, and takes back what the slave knows better by now: group
//! offsets, how far delay levels are delivered, how far the timer wheel has turned. Then it registers. A slave waits
//! until it replicates from the master, if there is one.
//!
//! **In RocketMQ**: `BrokerPreOnlineService`, `HAConnectionStateNotificationService` (behaviour §4.5).
//!
//! **Left out on purpose**: the versions of the copied tables. RocketMQ leaves a table alone whose version is older
//! than the master's own; versions move with every 500th commit, and a slave has the master's unless it never copied.
//! A master that finds itself among the members, because a name server has not missed it yet, waits for that to pass,
//! where RocketMQ waits 10 s for itself to replicate from itself.

use std::collections::BTreeMap;

use super::ActingPurpose;
use crate::broker::{Broker, Purpose};
use crate::fact::{ActingFact, Fact};
use crate::id::{Address, BrokerId};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rpc::{ActingAnswer, ActingRequest, Request, Response, ResponseBody};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// Wait before it is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long a replica may take to connect (`CONNECTION_ESTABLISH_TIMEOUT`).
const CONNECTION_ESTABLISH_TIMEOUT: Duration = Duration::from_secs(10);

/// What a returning master takes back from a slave, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    DelayOffsets,
    ConsumerOffsets,
    TimerCheckPoint,
}

impl Copied {
    const fn request(self) -> Request {
        match self {
            Self::DelayOffsets => Request::GetAllDelayOffset,
            Self::ConsumerOffsets => Request::GetAllConsumerOffset,
            Self::TimerCheckPoint => Request::Acting(ActingRequest::GetTimerCheckPoint),
        }
    }

    const fn next(self) -> Option<Self> {
        match self {
            Self::DelayOffsets => Some(Self::ConsumerOffsets),
            Self::ConsumerOffsets => Some(Self::TimerCheckPoint),
            Self::TimerCheckPoint => None,
        }
    }
}

#[derive(Clone, Debug, Default)]
enum Step {
    /// Nothing is under way.
    #[default]
    Resting,
    /// A name server was asked who is there.
    Asking,
    /// A replica was told, or asked, where the master's log is.
    Exchanging,
    /// Until then the connection for the log must stand.
    Connecting(Instant),
    /// This is being copied; the answers so far.
    Copying(Copied, Vec<Response>),
}

/// How far the pre-online is.
#[derive(Clone, Debug, Default)]
pub(super) struct PreOnline {
    step: Step,
    /// Who was there when it was asked.
    members: BTreeMap<BrokerId, Address>,
    /// How many of them a master is through with (`waitBrokerIndex`).
    through: usize,
}

impl Broker {
    /// Begins anew, or gives up waiting for a connection.
    pub(in crate::broker) fn pre_online(&mut self, now: Instant, out: &mut Outbox) {
        match self.acting.pre_online.step {
            _ if !self.is_isolated() => {}
            Step::Resting => {
                self.acting.pre_online.step = Step::Asking;
                self.ask_members(now, ActingPurpose::PreOnline, out);
            }
            Step::Connecting(until) if now >= until => {
                self.retry_pre_online(now, "no connection for the log within 10 s", out);
            }
            _ => {}
        }
    }

    fn retry_pre_online(&mut self, now: Instant, why: &str, out: &mut Outbox) {
        self.acting.pre_online.step = Step::Resting;
        out.note(Fact::Acting(ActingFact::PreOnlineFailed { why: why.into() }));
        out.set_timer(Timer::PreOnline, now + RETRY);
    }

    pub(super) fn on_pre_online_outcome(
        &mut self,
        now: Instant,
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        if !self.is_isolated() {
            return;
        }
        let step = std::mem::take(&mut self.acting.pre_online.step);
        match (step, result) {
            (Step::Asking, Err(failure)) => {
                self.choose_next_name_server();
                self.retry_pre_online(now, failure.words(), out);
            }
            (_, Err(failure)) => self.retry_pre_online(now, failure.words(), out),
            (Step::Asking, Ok(response)) => {
                self.acting.pre_online.members = self.members_in(&response);
                self.prepare_for_broker_online(now, out);
            }
            (Step::Exchanging, Ok(response)) => self.on_exchanged(now, &response, out),
            (Step::Copying(copied, answers), Ok(response)) => {
                self.on_taken(now, copied, answers, response, out);
            }
            (step @ (Step::Resting | Step::Connecting(_)), Ok(_)) => self.acting.pre_online.step = step,
        }
    }

    /// The members are known: what comes next depends on who is there.
    fn prepare_for_broker_online(&mut self, now: Instant, out: &mut Outbox) {
        let members = &self.acting.pre_online.members;
        let smallest = members.keys().next().copied();
        match smallest {
            None => self.start_service(now, (self.broker_id, self.address), out),
            Some(_) if self.broker_id.is_master() => {
                if members.contains_key(&BrokerId::MASTER) {
                    return self.retry_pre_online(now, "the name server still knows this master", out);
                }
                self.next_member(now, out);
            }
            Some(BrokerId::MASTER) => {
                let master = members[&BrokerId::MASTER];
                self.exchange(now, master, None, out);
            }
            Some(_) => self.start_beside_the_others(now, out),
        }
    }

    /// A slave goes online beside the smallest of the others, whoever that is; a smaller id of its own shows at the
    /// next question.
    fn start_beside_the_others(&mut self, now: Instant, out: &mut Outbox) {
        let own = (self.broker_id, self.address);
        let mut others = self.acting.pre_online.members.iter().filter(|(id, _)| **id != self.broker_id);
        let smallest = others.next().map_or(own, |(id, address)| (*id, *address));
        self.start_service(now, smallest, out);
    }

    fn start_service(&mut self, now: Instant, smallest: (BrokerId, Address), out: &mut Outbox) {
        self.acting.min_broker = (smallest.0, Some(smallest.1));
        self.come_online(now, self.broker_id == smallest.0, out);
    }

    /// A returning master turns to the next replica.
    fn next_member(&mut self, now: Instant, out: &mut Outbox) {
        let pre_online = &self.acting.pre_online;
        match pre_online.members.values().nth(pre_online.through).copied() {
            Some(member) => self.exchange(now, member, Some((self.address, self.ha_address)), out),
            None => self.start_service(now, (BrokerId::MASTER, self.address), out),
        }
    }

    fn exchange(&mut self, now: Instant, to: Address, master: Option<(Address, Address)>, out: &mut Outbox) {
        self.acting.pre_online.step = Step::Exchanging;
        let request = Request::Acting(ActingRequest::ExchangeBrokerHaInfo { master });
        self.ask_member(now, to, request, out);
    }

    fn ask_member(&mut self, now: Instant, to: Address, request: Request, out: &mut Outbox) {
        let purpose = Purpose::Acting(ActingPurpose::PreOnline);
        self.remoting.invoke(now, to, request, super::ASK_TIMEOUT, purpose, out);
    }

    /// The replica knows where the log is: now the connection for it has to come.
    fn on_exchanged(&mut self, now: Instant, response: &Response, out: &mut Outbox) {
        if !self.broker_id.is_master() {
            let ResponseBody::Acting(ActingAnswer::BrokerHaInfo(Some((master, ha)))) = response.body else {
                return self.start_beside_the_others(now, out);
            };
            self.follow(now, master, ha, out);
        }
        let until = now + CONNECTION_ESTABLISH_TIMEOUT;
        self.acting.pre_online.step = Step::Connecting(until);
        out.set_timer(Timer::PreOnline, until);
        self.look_for_connection(now, out);
    }

    /// A connection for the log may be the one that is waited for (`waitForHaHandshakeComplete`).
    pub(in crate::broker) fn look_for_connection(&mut self, now: Instant, out: &mut Outbox) {
        if !matches!(self.acting.pre_online.step, Step::Connecting(_)) || !self.is_isolated() {
            return;
        }
        if !self.broker_id.is_master() {
            if self.replica.is_transferring() {
                self.start_beside_the_others(now, out);
            }
            return;
        }
        let pre_online = &self.acting.pre_online;
        let Some(member) = pre_online.members.values().nth(pre_online.through).copied() else {
            return;
        };
        if self.slaves().any(|slave| slave.address == member) {
            self.take_back(now, Copied::DelayOffsets, Vec::new(), out);
        }
    }

    fn take_back(&mut self, now: Instant, copied: Copied, answers: Vec<Response>, out: &mut Outbox) {
        let pre_online = &mut self.acting.pre_online;
        let Some(member) = pre_online.members.values().nth(pre_online.through).copied() else {
            return;
        };
        pre_online.step = Step::Copying(copied, answers);
        self.ask_member(now, member, copied.request(), out);
    }

    /// Nothing is taken over before everything has come (`syncMetadataReverse`).
    fn on_taken(
        &mut self,
        now: Instant,
        copied: Copied,
        mut answers: Vec<Response>,
        response: Response,
        out: &mut Outbox,
    ) {
        answers.push(response);
        if let Some(next) = copied.next() {
            return self.take_back(now, next, answers, out);
        }
        for answer in answers {
            self.take_timer_check_point(&answer.body);
            self.on_copied(answer, out);
        }
        let pre_online = &mut self.acting.pre_online;
        if let Some(broker_id) = pre_online.members.keys().nth(pre_online.through).copied() {
            out.note(Fact::Acting(ActingFact::TakenBack { broker_id }));
        }
        pre_online.through += 1;
        self.next_member(now, out);
    }
}
