//! A broker whose commit log is replicated by DLedger: its member of the group, and what follows from what that does.
//!
//! Such a broker has no fixed role. Once its member leads and everything in the ledger is committed and in the queues, it
//! becomes the SYNC_MASTER with id 0; in all other cases it is a SLAVE whose id is the number of its member + 1. Either
//! way it registers at once. A send is appended to the ledger and answered when a majority has it. Only what is
//! committed gets queue entries, so no consumer sees more.
//!
//! **In RocketMQ**: `DLedgerCommitLog`, `DLedgerRoleChangeHandler`, `DLedgerRpcNettyService` (behaviour §4.6).
//!
//! **Left out on purpose**: a commit log that began without DLedger; that a replica which has heard of no leader and of no
//! later term for 10 s registers with `brokerId` -1; that V5 after a crash also builds queue entries of what is not
//! committed; that a message of the broker's own making (delayed, handed back, of a transaction) waits for the majority
//! before the next one; DLedger's own clock for expired files (they go as in any other broker).
//!
//! **Invariants**: the log holds the entries of the ledger and nothing else; a send is answered with SUCCESS only when its
//! entry is committed in the term in which it was appended.

use std::collections::BTreeMap;

use super::timer_messages::TimerWheel;
use super::{Asked, Broker, Purpose};
use crate::config::{BrokerRole, DLegerPeers};
use crate::dledger::{DLedgerConfig, Member, MemberDisk, MemberEffect, MemberInput};
use crate::fact::{DLedgerFact, Fact, MessageAt};
use crate::id::{BrokerId, CommitLogOffset};
use crate::message::{Record, StoredMessage};
use crate::outbox::Outbox;
use crate::remoting::Failure;
use crate::rng::Rng;
use crate::rpc::{
    DLedgerBody, DLedgerCode, DLedgerMessage, EntryId, Index, LedgerEntry, MemberId, MemberRole, Request,
    RequestCode, Response, ResponseBody, ResponseCode, Term,
};
use crate::time::{Duration, Instant};
use crate::timer::Timer;

/// How long a request to another replica waits.
const RPC_TIMEOUT: Duration = Duration::from_secs(3);
/// A new leader looks again after this long whether it may become master.
const ROLE_CHANGE_PERIOD: Duration = Duration::from_millis(100);
/// What the flush of DLedger's files waits between two rounds (`flushFileInterval`).
pub(super) const FLUSH_PERIOD: Duration = Duration::from_millis(10);
/// A slave copies the rest from its master first after this long.
const FIRST_SYNCHRONIZE: Duration = Duration::from_secs(3);
/// Requests of others that were not answered are forgotten after this long.
const FORGET: Duration = Duration::from_secs(10);

/// A send that waits for a majority.
#[derive(Clone, Debug)]
struct WaitingAppend {
    asked: Asked,
    /// The answer when a majority has it.
    success: Response,
}

/// What was last cut off the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TruncatedTail {
    /// When.
    pub at: Instant,
    /// Where the log ended then.
    pub to: CommitLogOffset,
    /// The messages, oldest first.
    pub messages: Vec<MessageAt>,
}

/// The DLedger side of one broker.
#[derive(Clone, Debug)]
pub struct DLedger {
    member: Member<Record>,
    peers: DLegerPeers,
    /// Requests of other members that are not answered yet, with the time of their arrival.
    asked: BTreeMap<(MemberId, u64), (Instant, Asked)>,
    waiting: BTreeMap<EntryId, WaitingAppend>,
    armed: Option<Instant>,
    /// Requests of V5 that found nobody to connect to: when the member will have waited long enough for each.
    silent: Vec<(Instant, MemberId, u64)>,
    /// The member leads, the broker is no master yet.
    becomes_master: bool,
    /// An election has given the broker a role since it was started.
    has_role: bool,
    told: Option<(Term, MemberRole, Option<MemberId>)>,
    truncated: Option<TruncatedTail>,
}

impl DLedger {
    /// The member of a broker that is started.
    pub(super) fn new(config: &crate::config::BrokerConfig, disk: MemberDisk<Record>, rng: Rng) -> Self {
        let preferred_leader_ids = config.preferred_leader_id.ids().to_vec();
        let settings = DLedgerConfig { preferred_leader_ids, ..DLedgerConfig::default() };
        let peers: Vec<_> = config.d_leger_peers.ids().collect();
        let member = Member::new(settings, config.d_leger_self_id, &peers, disk, rng, Instant::ZERO);
        Self {
            member,
            peers: config.d_leger_peers.clone(),
            asked: BTreeMap::new(),
            waiting: BTreeMap::new(),
            armed: None,
            silent: Vec::new(),
            becomes_master: false,
            has_role: false,
            told: None,
            truncated: None,
        }
    }

    pub(super) fn into_disk(self) -> MemberDisk<Record> {
        self.member.into_disk()
    }

    /// The member of the group.
    pub const fn member(&self) -> &Member<Record> {
        &self.member
    }

    /// What was last cut off the log since the process began.
    pub const fn truncated(&self) -> Option<&TruncatedTail> {
        self.truncated.as_ref()
    }

    /// Where the committed part of the log ends (`getCommittedPos`); before the first entry of all when nothing is.
    pub(super) fn committed_position(&self) -> CommitLogOffset {
        let index = self.member.committed_index();
        let entry = index.and_then(|index| self.member.ledger().get(index));
        entry.map_or(CommitLogOffset(0), |entry| entry.payload.end())
    }
}

/// The id of a broker while its member does not lead.
pub(super) const fn slave_id(member: MemberId) -> BrokerId {
    BrokerId(member.0 as u64 + 1)
}

/// Drops the entries of a ledger that lie at or behind the end of a log.
pub(super) fn fit_to_log(disk: &mut MemberDisk<Record>, end: CommitLogOffset) {
    let first = disk.ledger.entries().find(|entry| entry.payload.end() > end).map(|entry| entry.id.index);
    if let Some(first) = first {
        disk.lose_from(first);
    }
}

// Talking to the other members.
impl Broker {
    /// Its member of a DLedger group, if it is in one.
    pub fn dledger(&self) -> Option<&DLedger> {
        self.dledger.as_deref()
    }

    pub(super) fn dledger_input(&mut self, now: Instant, input: MemberInput<Record>, out: &mut Outbox) {
        let Some(dledger) = self.dledger.as_mut() else { return };
        let effects = dledger.member.handle(now, input);
        self.carry_out_dledger(now, effects, out);
    }

    /// Another member asks. The answer may have to wait.
    pub(super) fn on_dledger_request(
        &mut self,
        now: Instant,
        asked: Asked,
        message: DLedgerMessage<Record>,
        out: &mut Outbox,
    ) {
        let Some(dledger) = self.dledger.as_mut() else {
            let (code, not_supported) = (message.code(), ResponseCode::RequestCodeNotSupported);
            let remark = format!(" request type {} not supported", code.number());
            return asked.answer(Response::refused(code, not_supported, remark), out);
        };
        dledger.asked.retain(|_, (at, _)| now.since(*at) < FORGET);
        dledger.asked.insert((message.from, message.call), (now, asked));
        self.dledger_input(now, MemberInput::Message(message), out);
    }

    /// A request to another member was answered, or was not.
    pub(super) fn on_dledger_response(
        &mut self,
        now: Instant,
        (from, call): (MemberId, u64),
        result: Result<Response, Failure>,
        out: &mut Outbox,
    ) {
        let is_v5 = self.profile.is_v5();
        let Some(dledger) = self.dledger.as_mut() else { return };
        let to = dledger.member.id();
        let input = match result.map(|response| response.body) {
            Ok(ResponseBody::DLedger(response)) => {
                let body = DLedgerBody::Response(response);
                MemberInput::Message(DLedgerMessage { from, to, call, body })
            }
            // The remoting of V5 tells of a failed connection by `operationFail`, to which DLedger does not listen. So a
            // vote or a heartbeat that nobody took is waited for as long as one that was lost.
            Err(Failure::Connect) if is_v5 => {
                dledger.silent.push((now + RPC_TIMEOUT, from, call));
                return self.arm_dledger(now, out);
            }
            Ok(_) | Err(_) => MemberInput::Failed { to: from, call },
        };
        self.dledger_input(now, input, out);
    }

    fn carry_out_dledger(&mut self, now: Instant, effects: Vec<MemberEffect<Record>>, out: &mut Outbox) {
        for effect in effects {
            match effect {
                MemberEffect::Send(message) => self.send_dledger(now, message, out),
                MemberEffect::RoleChanged { term, role, leader } => {
                    self.on_member_role(now, (term, role, leader), out);
                }
                MemberEffect::VoteRoundOver { term, accepted, result } => {
                    note(out, DLedgerFact::VoteRoundOver { term, accepted, result });
                }
                MemberEffect::Voted { term, candidate, result } => {
                    note(out, DLedgerFact::Voted { term, candidate, result });
                }
                MemberEffect::Appended(entry) => self.on_entry_pushed(now, entry, out),
                MemberEffect::Truncated(entries) => self.on_entries_cut(now, &entries, out),
                MemberEffect::Committed(index) => self.on_committed(now, index, out),
                MemberEffect::Acknowledged { entry, code } => self.on_acknowledged(entry, code, out),
            }
        }
        self.arm_dledger(now, out);
    }

    pub(super) fn arm_dledger(&mut self, now: Instant, out: &mut Outbox) {
        let Some(dledger) = self.dledger.as_mut() else { return };
        let silent = dledger.silent.iter().map(|(at, ..)| *at);
        let next = silent.chain(dledger.member.next_wake_up()).min().map(|at| at.max(now));
        if next != dledger.armed {
            dledger.armed = next;
            match next {
                Some(at) => out.set_timer(Timer::DLedger, at),
                None => out.cancel_timer(Timer::DLedger),
            }
        }
    }

    /// The alarm clock of the member rang.
    pub(super) fn wake_dledger(&mut self, now: Instant, out: &mut Outbox) {
        if self.is_stopping {
            return;
        }
        let Some(dledger) = self.dledger.as_mut() else { return };
        dledger.armed = None;
        let (due, later) = std::mem::take(&mut dledger.silent).into_iter().partition(|(at, ..)| *at <= now);
        dledger.silent = later;
        let due: Vec<(Instant, MemberId, u64)> = due;
        for (_, to, call) in due {
            self.dledger_input(now, MemberInput::Failed { to, call }, out);
        }
        self.dledger_input(now, MemberInput::WakeUp, out);
    }

    fn send_dledger(&mut self, now: Instant, message: DLedgerMessage<Record>, out: &mut Outbox) {
        let Some(dledger) = self.dledger.as_mut() else { return };
        match &message.body {
            DLedgerBody::Request(_) => {
                let Some(address) = dledger.peers.address(message.to) else { return };
                let purpose = Purpose::DLedger(message.to, message.call);
                let request = Request::DLedger(Box::new(message));
                self.remoting.invoke_async(now, address, request, RPC_TIMEOUT, purpose, out);
            }
            DLedgerBody::Response(response) => {
                if let Some((_, asked)) = dledger.asked.remove(&(message.to, message.call)) {
                    asked.answer(Response::with(message.code(), ResponseBody::DLedger(*response)), out);
                }
            }
        }
    }

    pub(super) fn forget_dledger_connection(&mut self, connection: crate::id::ConnectionId) {
        if let Some(dledger) = self.dledger.as_mut() {
            dledger.asked.retain(|_, (_, asked)| asked.connection != connection);
            dledger.waiting.retain(|_, put| put.asked.connection != connection);
        }
    }
}

// The log.
impl Broker {
    /// Why nothing can be appended now, although the broker is a master.
    pub(super) fn dledger_refusal(&self) -> Option<DLedgerCode> {
        self.dledger.as_ref().and_then(|dledger| dledger.member.may_append().err())
    }

    /// What a producer is told of that: any refusal of DLedger looks like a busy page cache.
    pub(super) fn dledger_busy(&self) -> Response {
        let code = self.code_by_version(ResponseCode::SystemError, ResponseCode::SystemBusy);
        let remark = "[PC_SYNCHRONIZED]broker busy, start flow control for a while";
        Response::refused(RequestCode::SendMessage, code, remark)
    }

    /// A message was appended to the log of the leader: it becomes an entry.
    pub(super) fn append_to_ledger(
        &mut self,
        now: Instant,
        stored: &std::sync::Arc<StoredMessage>,
        out: &mut Outbox,
    ) {
        let Some(dledger) = self.dledger.as_mut() else { return };
        let mut effects = Vec::new();
        let appended = dledger.member.append(now, Record::Message(stored.clone()), &mut effects);
        assert!(appended.is_ok(), "whether the member takes entries was asked before the log was touched");
        self.carry_out_dledger(now, effects, out);
        self.arm_flush(now, out);
    }

    /// Answers a send once a majority has its entry, which is the last one.
    pub(super) fn answer_when_committed(&mut self, asked: Asked, success: Response, out: &mut Outbox) {
        let Some(dledger) = self.dledger.as_mut() else { return };
        let member = &dledger.member;
        match member.ledger().end() {
            Some(entry) if member.committed_index() < Some(entry.index) => {
                dledger.waiting.insert(entry, WaitingAppend { asked, success });
            }
            _ => asked.answer(success, out),
        }
    }

    fn on_acknowledged(&mut self, entry: EntryId, code: DLedgerCode, out: &mut Outbox) {
        if code != DLedgerCode::Success {
            note(out, DLedgerFact::NotConfirmed { entry, code });
        }
        let waiting = self.dledger.as_mut().and_then(|dledger| dledger.waiting.remove(&entry));
        let Some(WaitingAppend { asked, success }) = waiting else { return };
        let request = success.request;
        let refuse = |code, remark: &str| Response::refused(request, code, remark);
        let response = match code {
            DLedgerCode::Success => success,
            // A message that was handed back is refused by the name of the status.
            DLedgerCode::WaitQuorumAckTimeout if request == RequestCode::ConsumerSendMsgBack => {
                let status =
                    if self.profile.is_v5() { "IN_SYNC_REPLICAS_NOT_ENOUGH" } else { "OS_PAGE_CACHE_BUSY" };
                refuse(ResponseCode::SystemError, status)
            }
            DLedgerCode::WaitQuorumAckTimeout if self.profile.is_v5() => {
                refuse(ResponseCode::SystemError, "in-sync replicas not enough")
            }
            DLedgerCode::WaitQuorumAckTimeout => self.dledger_busy(),
            _ => refuse(ResponseCode::SystemError, "UNKNOWN_ERROR"),
        };
        asked.answer(response, out);
    }

    fn on_entry_pushed(&mut self, now: Instant, entry: LedgerEntry<Record>, out: &mut Outbox) {
        self.store.append_entry(entry.payload);
        out.note(Fact::Replicated { to: self.store.log().max(), records: 1 });
        self.arm_flush(now, out);
    }

    fn on_entries_cut(&mut self, now: Instant, entries: &[LedgerEntry<Record>], out: &mut Outbox) {
        let Some(first) = entries.first() else { return };
        self.store.cut_behind(self.store.log().place(&first.payload));
        let messages: Vec<_> = entries
            .iter()
            .filter_map(|entry| match &entry.payload {
                Record::Message(stored) => Some(self.message_at(stored)),
                Record::Blank { .. } => None,
            })
            .collect();
        let to = self.store.log().max();
        if let Some(dledger) = self.dledger.as_mut() {
            dledger.truncated = Some(TruncatedTail { at: now, to, messages: messages.clone() });
        }
        note(out, DLedgerFact::Truncated { to, messages });
    }

    fn on_committed(&mut self, now: Instant, index: Index, out: &mut Outbox) {
        note(out, DLedgerFact::Committed { index, to: self.confirm_offset() });
        self.arm_reput(now, out);
    }

    /// Files of the log were deleted: their entries go too.
    pub(super) fn follow_deleted_entries(&mut self) {
        let begin = self.store.log().min();
        if let Some(dledger) = self.dledger.as_mut() {
            let entries = dledger.member.ledger().entries();
            let kept =
                entries.skip_while(|entry| entry.payload.begin() < begin).map(|entry| entry.id.index).next();
            if let Some(index) = kept {
                dledger.member.forget_before(index);
            }
        }
    }
}

// The role of the broker.
impl Broker {
    fn on_member_role(&mut self, now: Instant, told: (Term, MemberRole, Option<MemberId>), out: &mut Outbox) {
        let Some(dledger) = self.dledger.as_mut() else { return };
        let (term, role, leader) = told;
        if dledger.told.replace(told) != Some(told) {
            note(out, DLedgerFact::RoleChanged { term, role, leader });
        }
        dledger.becomes_master = role == MemberRole::Leader;
        let had_role = std::mem::replace(&mut dledger.has_role, true);
        match role {
            MemberRole::Leader => self.look_at_role_change(now, out),
            MemberRole::Candidate if had_role && self.is_slave() => {}
            MemberRole::Candidate | MemberRole::Follower => self.become_follower(now, out),
        }
    }

    /// A new leader becomes the master once nothing is left of earlier terms to commit and to dispatch.
    pub(super) fn look_at_role_change(&mut self, now: Instant, out: &mut Outbox) {
        let Some(dledger) = self.dledger.as_mut().filter(|dledger| dledger.becomes_master) else { return };
        let member = &dledger.member;
        let is_through = member.is_all_committed() && self.store.dispatch_behind() == 0;
        if member.ledger().end().is_some() && !is_through {
            return out.set_timer(Timer::DLedgerRoleChange, now + ROLE_CHANGE_PERIOD);
        }
        dledger.becomes_master = false;
        self.store.recover_topic_queue_table();
        self.become_leader(now, out);
    }

    /// `DLedgerRoleChangeHandler.changeToMaster`.
    fn become_leader(&mut self, now: Instant, out: &mut Outbox) {
        out.cancel_timer(Timer::SlaveSynchronize);
        self.replica.copy_from(None);
        self.announce_role(BrokerRole::SyncMaster, BrokerId::MASTER, out);
        if self.profile.is_v5() {
            self.timer_wheel = TimerWheel::load(self.timer_wheel.checkpoint);
        }
        self.change_special_services(now, true, out);
        if self.profile.is_v5() {
            out.set_timer(Timer::TransactionalOpBatch, now + self.config.transaction_op_batch_interval);
        }
        self.register_all(now, None, out);
    }

    /// `DLedgerRoleChangeHandler.changeToSlave`.
    fn become_follower(&mut self, now: Instant, out: &mut Outbox) {
        let broker_id = slave_id(self.config.d_leger_self_id);
        self.announce_role(BrokerRole::Slave, broker_id, out);
        self.change_special_services(now, false, out);
        out.cancel_timer(Timer::TransactionalOpBatch);
        self.replica.copy_from(None);
        out.set_timer(Timer::SlaveSynchronize, now + FIRST_SYNCHRONIZE);
        self.register_all(now, None, out);
    }

    fn announce_role(&mut self, role: BrokerRole, broker_id: BrokerId, out: &mut Outbox) {
        (self.config.broker_role, self.broker_id) = (role, broker_id);
        note(out, DLedgerFact::BrokerRoleChanged { role, broker_id });
    }

    /// Whether the broker may tell name servers of itself: not before an election gave it a role.
    pub(super) fn may_register(&self) -> bool {
        self.dledger.as_ref().is_none_or(|dledger| dledger.has_role)
    }
}

fn note(out: &mut Outbox, fact: DLedgerFact) {
    out.note(Fact::DLedger(fact));
}
