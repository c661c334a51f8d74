//! The settings of a controller (`ControllerConfig`; V5).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::{NameServerConfig, Profile, Setting, ms, secs};
use crate::gather::Arrange as _;
use crate::id::Address;
use crate::time::Duration;

/// Addresses joined by `;`, as `controllerAddr` lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddressList(pub Vec<Address>);

impl fmt::Display for AddressList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.pad(&parts.join(";"))
    }
}

impl FromStr for AddressList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(';').filter(|part| !part.is_empty()).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Members of a group with their addresses: `n0-127.0.0.1:9878;n1-127.0.0.1:9888` (`controllerDLegerPeers`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Peers(pub Vec<(u32, Address)>);

impl fmt::Display for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.0.iter().map(|(id, address)| format!("n{id}-{address}")).collect();
        f.pad(&parts.join(";"))
    }
}

impl FromStr for Peers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            |part: &str| format!("`{part}` is no member; write n0-127.0.0.1:9878, several joined by `;`");
        let read = |part: &str| {
            let (id, address) = part.split_once('-').ok_or_else(|| wrong(part))?;
            let id: MemberNumber = id.parse().map_err(|_| wrong(part))?;
            Ok((id.0, address.parse().map_err(|_| wrong(part))?))
        };
        let parts = text.split(';').filter(|part| !part.is_empty());
        let peers: Vec<(u32, Address)> = parts.map(read).collect::<Result<_, String>>()?;
        let mut ids: Vec<_> = peers.iter().map(|(id, _)| *id).collect();
        ids.arrange();
        ids.dedup();
        if ids.len() == peers.len() { Ok(Self(peers)) } else { Err(format!("`{text}` names a member twice")) }
    }
}

/// The number behind the `n` of a member's id (`controllerDLegerSelfId`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MemberNumber(pub u32);

impl fmt::Display for MemberNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("n{}", self.0))
    }
}

impl FromStr for MemberNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_prefix('n').and_then(|digits| digits.parse().ok());
        number.map(Self).ok_or_else(|| format!("`{text}` is not the id of a member; write n0, n1, …"))
    }
}

macro_rules! serialize_as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl Setting for $type {
            fn read(text: &str) -> Result<Self, String> {
                text.parse()
            }
            fn write(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

serialize_as_text!(AddressList, Peers, MemberNumber);

/// Any text, also none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl Setting for Text {
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
    fn write(&self) -> String {
        self.0.clone()
    }
}

config! {
    /// How a controller behaves (`ControllerConfig`; behaviour §4.7). The names of its group have one `d` too few, in
    /// RocketMQ as here.
    ControllerConfig;
    /// The name of the group of controllers.
    controller_dleger_group: Text = "controllerDLegerGroup", Text("group1".to_owned()), Text("group1".to_owned());
    /// All members of the group, this one included; nobody else when it is left out.
    controller_dleger_peers: Peers = "controllerDLegerPeers", Peers::default(), Peers::default();
    /// Which member this one is.
    controller_dleger_self_id: MemberNumber = "controllerDLegerSelfId", MemberNumber(0), MemberNumber(0);
    /// Where the ledger is kept. Nothing depends on it here.
    controller_store_path: Text = "controllerStorePath", Text::default(), Text::default();
    /// Period of the scan for brokers whose heartbeats have stopped.
    scan_not_active_broker_interval: Duration = "scanNotActiveBrokerInterval", secs(5), secs(5);
    /// Period of the scan for broker names whose master is inactive, first after one period of leadership.
    scan_inactive_master_interval: Duration = "scanInactiveMasterInterval", ms(5000), ms(5000);
    /// How often an election that the controller itself begins is tried.
    elect_master_max_retry_count: u32 = "electMasterMaxRetryCount", 3, 3;
    /// Whether a replica that is not in sync may be elected when nobody else is there.
    enable_elect_unclean_master: bool = "enableElectUncleanMaster", false, false;
    /// Whether brokers are told of a new master at once; else they find out by their own polls.
    notify_broker_role_changed: bool = "notifyBrokerRoleChanged", true, true;
}

impl ControllerConfig {
    /// Takes every setting that is a controller's and passes over the others.
    pub fn from_settings(profile: Profile, settings: &[(String, String)]) -> Self {
        let mut config = Self::of(profile);
        for (key, value) in settings.iter().filter(|(key, _)| Self::KEYS.contains(&key.as_str())) {
            config.set(key, value).expect("settings are checked with the command that gives them");
        }
        config
    }
}

impl NameServerConfig {
    /// Sets a value of a name server or of the controller within it. A key of both is set for both, as RocketMQ reads one
    /// file into both configurations.
    ///
    /// # Errors
    /// A sentence that names what is wrong and what is accepted; nothing is changed then.
    pub fn set_beside_controller(
        &mut self,
        controller: &mut ControllerConfig,
        key: &str,
        value: &str,
    ) -> Result<(), String> {
        let is_controllers = ControllerConfig::KEYS.contains(&key);
        if is_controllers {
            controller.set(key, value)?;
        }
        if is_controllers && !Self::KEYS.contains(&key) { Ok(()) } else { self.set(key, value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_read_as_they_print() {
        let text = "n0-127.0.0.1:9878;n1-127.0.0.1:9888";
        let peers: Peers = text.parse().expect("two members");
        assert_eq!(peers.0, [(0, Address::local(9878)), (1, Address::local(9888))]);
        assert_eq!(peers.to_string(), text);
        assert_eq!("".parse(), Ok(Peers::default()));
        assert!("n0-127.0.0.1:9878;n0-127.0.0.1:9888".parse::<Peers>().is_err());
        assert!("9878".parse::<Peers>().is_err());
    }
}
