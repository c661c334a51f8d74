//! The settings of DLedger as text: who is in the group, and who should lead it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::BrokerConfig;
use crate::gather::Gather as _;
use crate::id::Address;

/// Which member of its group (`dLegerSelfId`): `n0`, `n1`, …. The broker that it belongs to has that number + 1 as its
/// `brokerId` while it does not lead. RocketMQ takes any letter before the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u32);

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("n{}", self.0))
    }
}

impl FromStr for MemberId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix('n').and_then(|digits| digits.parse::<u32>().ok());
        let number = number.filter(|number| *number < u32::MAX);
        number.map(Self).ok_or_else(|| format!("`{text}` is not the id of a member; write n0, n1, …"))
    }
}

impl Serialize for MemberId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `dLegerPeers`: the members of a group and where each listens, `n0-127.0.0.1:40911;n1-127.0.0.1:40912`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct DLegerPeers(BTreeMap<MemberId, Address>);

impl DLegerPeers {
    /// The three members of RocketMQ's sample configuration.
    pub fn sample() -> Self {
        let ports = [40_911, 40_912, 40_913];
        Self((0..).map(MemberId).zip(ports.map(Address::local)).gather())
    }

    /// Where a member listens.
    pub fn address(&self, id: MemberId) -> Option<Address> {
        self.0.get(&id).copied()
    }

    /// Everybody.
    pub fn ids(&self) -> impl Iterator<Item = MemberId> {
        self.0.keys().copied()
    }
}

impl fmt::Display for DLegerPeers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peers: Vec<_> = self.0.iter().map(|(id, address)| format!("{id}-{address}")).collect();
        f.pad(&peers.join(";"))
    }
}

impl From<DLegerPeers> for String {
    fn from(peers: DLegerPeers) -> Self {
        peers.to_string()
    }
}

impl FromStr for DLegerPeers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut peers = BTreeMap::new();
        for peer in text.split(';') {
            let wrong = || {
                format!("`{peer}` is not a member; write n0-127.0.0.1:40911, several joined by a semicolon")
            };
            let (id, address) = peer.split_once('-').ok_or_else(wrong)?;
            let (id, address) = (id.parse::<MemberId>()?, address.parse::<Address>().map_err(|_| wrong())?);
            if peers.insert(id, address).is_some() {
                return Err(format!("{id} is named twice"));
            }
        }
        Ok(Self(peers))
    }
}

/// `preferredLeaderId`: members that should lead, `n0` or `n0;n2`; nobody when empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct PreferredLeaders(Vec<MemberId>);

impl PreferredLeaders {
    /// The members.
    pub fn ids(&self) -> &[MemberId] {
        &self.0
    }
}

impl fmt::Display for PreferredLeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.pad(&ids.join(";"))
    }
}

impl From<PreferredLeaders> for String {
    fn from(leaders: PreferredLeaders) -> Self {
        leaders.to_string()
    }
}

impl FromStr for PreferredLeaders {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ids = text.split(';').filter(|id| !id.is_empty());
        ids.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl BrokerConfig {
    /// Whether both say the same about the group of replicas. Who should lead may change.
    pub fn has_same_dledger(&self, other: &Self) -> bool {
        self.enable_dleger_commit_log == other.enable_dleger_commit_log
            && self.d_leger_group == other.d_leger_group
            && self.d_leger_peers == other.d_leger_peers
            && self.d_leger_self_id == other.d_leger_self_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_read_as_they_print_and_the_sample_is_that_of_rocketmq() {
        let text = "n0-127.0.0.1:40911;n1-127.0.0.1:40912;n2-127.0.0.1:40913";
        assert_eq!(text.parse(), Ok(DLegerPeers::sample()));
        assert_eq!(DLegerPeers::sample().to_string(), text);
        for wrong in ["", "n0", "x0-127.0.0.1:1", "n0-127.0.0.1", "n0-127.0.0.1:1;n0-127.0.0.1:2"] {
            assert!(wrong.parse::<DLegerPeers>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn preferred_leaders_may_be_nobody() {
        assert_eq!("".parse(), Ok(PreferredLeaders::default()));
        assert_eq!(
            "n2;n0".parse::<PreferredLeaders>().map(|leaders| leaders.to_string()),
            Ok("n2;n0".to_owned())
        );
        assert!("2".parse::<PreferredLeaders>().is_err());
    }
}
