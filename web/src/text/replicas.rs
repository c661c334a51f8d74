//! What a replica or a controller is, in words, and what was cut off a log; in both languages.

use lab_core::id::BrokerId;
use lab_core::rpc::{MasterEpoch, MemberRole, Term};

use crate::session::following::Following;

/// The words. RocketMQ's own names stay as they are.
#[expect(missing_docs, reason = "each is the text of that name; the constants say what it is")]
pub struct ReplicaTexts {
    pub no_id: &'static str,
    pub no_role: &'static str,
    pub leads: fn(Term) -> String,
    pub follows: fn(Option<&str>, Term) -> String,
    pub asks_for_votes: fn(Term) -> String,
    pub member: fn(MemberRole, Term) -> String,
    pub term: fn(Term) -> String,
    pub epoch: fn(MasterEpoch) -> String,
    pub in_set: &'static str,
    pub not_in_set: &'static str,
    pub sets: fn(usize) -> String,
    pub cut_mark: fn(usize) -> String,
    pub cut_mark_of: fn(&str, usize) -> String,
    pub cut_title: fn(usize) -> String,
    pub cut_at: fn(&str, &str) -> String,
    pub following: fn(&Following) -> String,
    pub acknowledged: &'static str,
    pub was_acknowledged: &'static str,
    pub not_acknowledged: &'static str,
}

/// English.
pub(super) const EN: ReplicaTexts = ReplicaTexts {
    no_id: "no id yet",
    no_role: "no role yet",
    leads: |term| format!("leads · term {term}"),
    follows: |leader, term| match leader {
        Some(leader) => format!("follows {leader} · term {term}"),
        None => format!("follows nobody · term {term}"),
    },
    asks_for_votes: |term| format!("candidate · term {term}"),
    member: |role, term| match role {
        MemberRole::Leader => format!("leader · term {term}"),
        MemberRole::Follower => format!("follower · term {term}"),
        MemberRole::Candidate => format!("candidate · term {term}"),
    },
    term: |term| format!("term {term}"),
    epoch: |epoch| format!("epoch {epoch}"),
    in_set: "in the SyncStateSet",
    not_in_set: "not in the SyncStateSet",
    sets: |count| match count {
        1 => "1 broker name".to_owned(),
        count => format!("{count} broker names"),
    },
    cut_mark: |count| match count {
        1 => "1 message cut off".to_owned(),
        count => format!("{count} messages cut off"),
    },
    cut_mark_of: |node, count| match count {
        1 => format!("{node}: 1 message cut off, show it"),
        count => format!("{node}: {count} messages cut off, show them"),
    },
    cut_title: |count| format!("Cut off the log ({count})"),
    cut_at: |at, to| format!("{at}, down to log@{to}"),
    following: |following| match following {
        Following::Down => "not replicating".to_owned(),
        Following::NoLeader => "knows no leader".to_owned(),
        Following::Lost(node) => format!("{node} leads no more"),
        Following::Compared(node) => format!("{node} compares logs"),
        Following::Behind(_, 1) => "behind 1 entry".to_owned(),
        Following::Behind(_, entries) => format!("behind {entries} entries"),
    },
    acknowledged: "Acknowledged",
    was_acknowledged: "yes: lost",
    not_acknowledged: "no",
};

/// Chinese.
pub(super) const ZH: ReplicaTexts = ReplicaTexts {
    no_id: "尚无 id",
    no_role: "尚无角色",
    leads: |term| format!("Leader · 任期 {term}"),
    follows: |leader, term| match leader {
        Some(leader) => format!("跟随 {leader} · 任期 {term}"),
        None => format!("没有可跟随的 Leader · 任期 {term}"),
    },
    asks_for_votes: |term| format!("Candidate · 任期 {term}"),
    member: |role, term| match role {
        MemberRole::Leader => format!("Leader · 任期 {term}"),
        MemberRole::Follower => format!("Follower · 任期 {term}"),
        MemberRole::Candidate => format!("Candidate · 任期 {term}"),
    },
    term: |term| format!("任期 {term}"),
    epoch: |epoch| format!("epoch {epoch}"),
    in_set: "在 SyncStateSet 中",
    not_in_set: "不在 SyncStateSet 中",
    sets: |count| format!("{count} 个 Broker 名"),
    cut_mark: |count| format!("截断 {count} 条消息"),
    cut_mark_of: |node, count| format!("{node}：截断了 {count} 条消息，查看明细"),
    cut_title: |count| format!("从日志末尾截断的消息（{count}）"),
    cut_at: |at, to| format!("{at}，截断到 log@{to}"),
    following: |following| match following {
        Following::Down => "未在复制".to_owned(),
        Following::NoLeader => "没有 Leader".to_owned(),
        Following::Lost(node) => format!("{node} 已不是 Leader"),
        Following::Compared(node) => format!("{node} 正在比对日志"),
        Following::Behind(_, entries) => format!("落后 {entries} 条"),
    },
    acknowledged: "曾确认发送成功",
    was_acknowledged: "是，已丢失",
    not_acknowledged: "否",
};

impl ReplicaTexts {
    /// A broker id, or that there is none yet.
    pub fn id(&self, id: BrokerId) -> String {
        if id == BrokerId::NONE { self.no_id.to_owned() } else { id.to_string() }
    }

    /// The place of a controller in its group, in words; `leader` is whom it follows.
    pub fn controller(&self, role: MemberRole, term: Term, leader: Option<&str>) -> String {
        match role {
            MemberRole::Leader => (self.leads)(term),
            MemberRole::Follower => (self.follows)(leader, term),
            MemberRole::Candidate => (self.asks_for_votes)(term),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_without_an_id_shows_no_number() {
        for texts in [&EN, &ZH] {
            assert_eq!(texts.id(BrokerId::NONE), texts.no_id);
            assert_eq!(texts.id(BrokerId(2)), "2");
        }
    }
}
