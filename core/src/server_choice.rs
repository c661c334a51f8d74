//! Which of several servers a client talks to: RocketMQ's way with name servers, and ZooKeeper's with its ensemble.
//!
//! Both spread clients by chance and neither knows how many clients a server has, so the load is even on average and
//! hardly ever in one run. Both stay with a server until the connection breaks; a server that comes back is empty until
//! other connections break.
//!
//! **In RocketMQ**: `NettyRemotingClient.updateNameServerAddressList` shuffles the list, `namesrvIndex` begins at a
//! random number below 999, and `getAndCreateNameserverChannel` adds one before each new connection (behaviour §2.1).
//! In ZooKeeper (3.9): `StaticHostProvider` shuffles the list of host names once, when it is made, and goes through
//! it from the head; each time it hands a name out it resolves it, shuffles the addresses and takes the first. `ClientCnxn`
//! asks with a `spinDelay` of 1 s, which is waited for when the round has come back to the last name that was connected.
//!
//! **Left out on purpose**: `StaticHostProvider.updateServerList`, which moves a share of the clients when the list grows;
//! the second list of RocketMQ 5.x with servers that answered lately.
//!
//! **Invariants**: a round of as many choices as there are names has each name once.

use crate::command::ServerChoice;
use crate::id::Address;
use crate::rng::Rng;

/// What is to be connected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextServer {
    /// Its address.
    pub address: Address,
    /// Whether every name was tried since the last connection, so that a pause is due first.
    pub round_is_over: bool,
}

/// A list of servers and the place in it.
#[derive(Clone, Debug)]
pub struct Servers {
    /// Addresses of each host name, shuffled.
    hosts: Vec<Vec<Address>>,
    choice: ServerChoice,
    /// RocketMQ: `namesrvIndex`. ZooKeeper: `currentIndex`, counted from 1.
    index: usize,
    /// ZooKeeper: `lastIndex`, counted from 1; 0 before the first choice.
    last: usize,
}

impl Servers {
    /// The list as a client gets it, with at least one address for each of at least one name. Chance shuffles it.
    pub fn new(choice: ServerChoice, mut hosts: Vec<Vec<Address>>, rng: &mut Rng) -> Self {
        assert!(
            !hosts.is_empty() && hosts.iter().all(|host| !host.is_empty()),
            "there is a server to choose"
        );
        shuffle(&mut hosts, rng);
        let index = if choice == ServerChoice::RocketMq { rng.below(999) as usize } else { 0 };
        Self { hosts, choice, index, last: 0 }
    }

    /// How many host names there are.
    pub const fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Never: a client is told of one server at least.
    pub const fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// Moves on to the next.
    pub fn next(&mut self, rng: &mut Rng) -> NextServer {
        match self.choice {
            ServerChoice::RocketMq => {
                self.index += 1;
                let address = self.hosts[self.index % self.hosts.len()][0];
                NextServer { address, round_is_over: false }
            }
            ServerChoice::ZooKeeper => {
                self.index = self.index % self.hosts.len() + 1;
                let round_is_over = self.index == self.last;
                self.last = self.last.max(1);
                let mut addresses = self.hosts[self.index - 1].clone();
                shuffle(&mut addresses, rng);
                NextServer { address: addresses[0], round_is_over }
            }
        }
    }

    /// The connection stands (`HostProvider.onConnected`).
    pub const fn on_connected(&mut self) {
        self.last = self.index;
    }
}

/// A Fisher–Yates shuffle, as `Collections.shuffle`.
fn shuffle<T>(list: &mut [T], rng: &mut Rng) {
    for i in (1..list.len()).rev() {
        list.swap(i, rng.below(u32::try_from(i + 1).unwrap_or(u32::MAX)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_instance::ClientInstance;
    use crate::config::{ClientConfig, Profile};
    use crate::id::ClientId;
    use crate::outbox::{Input, Outbox};
    use crate::time::{Duration, Instant};

    const CLIENTS: u64 = 3000;

    fn addresses() -> Vec<Address> {
        [1, 2, 3].map(Address::local).to_vec()
    }

    fn hosts() -> Vec<Vec<Address>> {
        addresses().into_iter().map(|address| vec![address]).collect()
    }

    fn one_name() -> Vec<Vec<Address>> {
        vec![addresses()]
    }

    /// How many of the clients take each server, when those in `dead` refuse them.
    fn load(choice: ServerChoice, hosts: &[Vec<Address>], dead: &[u16]) -> [u64; 3] {
        let mut load = [0; 3];
        for client in 0..CLIENTS {
            let mut rng = Rng::fork(client, "choice");
            let mut servers = Servers::new(choice, hosts.to_vec(), &mut rng);
            let mut next = servers.next(&mut rng);
            while dead.contains(&next.address.port) {
                next = servers.next(&mut rng);
            }
            load[usize::from(next.address.port) - 1] += 1;
        }
        load
    }

    /// The sum of (observed − expected)² / expected, rounded down.
    fn chi_square(load: &[u64]) -> u64 {
        let expected = load.iter().sum::<u64>() / load.len() as u64;
        load.iter().map(|count| count.abs_diff(expected).pow(2)).sum::<u64>() / expected
    }

    #[test]
    fn both_are_even_on_average_and_not_in_numbers() {
        for (choice, hosts) in [
            (ServerChoice::RocketMq, hosts()),
            (ServerChoice::ZooKeeper, hosts()),
            (ServerChoice::ZooKeeper, one_name()),
        ] {
            let load = load(choice, &hosts, &[]);
            assert_eq!(load.iter().sum::<u64>(), CLIENTS);
            assert!(chi_square(&load) < 6, "{choice}: {load:?} is no even spread (95 % of runs are below 6)");
            assert_ne!(load, [CLIENTS / 3; 3], "nobody counts");
        }
    }

    #[test]
    fn the_clients_of_a_dead_server_spread_over_all_others() {
        for (choice, hosts) in [
            (ServerChoice::RocketMq, hosts()),
            (ServerChoice::ZooKeeper, hosts()),
            (ServerChoice::ZooKeeper, one_name()),
        ] {
            let load = load(choice, &hosts, &[2]);
            assert_eq!(load[1], 0);
            assert!(chi_square(&[load[0], load[2]]) < 4, "{choice}: {load:?}");
        }
    }

    #[test]
    fn a_round_has_every_name_once_and_then_zookeeper_pauses() {
        let mut rng = Rng::fork(42, "round");
        for choice in [ServerChoice::RocketMq, ServerChoice::ZooKeeper] {
            let mut servers = Servers::new(choice, hosts(), &mut rng);
            let round: Vec<_> = (0..4).map(|_| servers.next(&mut rng)).collect();
            let mut ports: Vec<_> = round[..3].iter().map(|next| next.address.port).collect();
            ports.sort_unstable();
            assert_eq!(ports, [1, 2, 3]);
            assert_eq!(round[3].address, round[0].address);
            let pauses: Vec<_> = round.iter().map(|next| next.round_is_over).collect();
            assert_eq!(pauses, [false, false, false, choice == ServerChoice::ZooKeeper]);
        }
    }

    #[test]
    fn one_name_with_three_addresses_may_give_the_dead_one_again() {
        let again = (0..CLIENTS).filter(|client| {
            let mut rng = Rng::fork(*client, "again");
            let mut servers = Servers::new(ServerChoice::ZooKeeper, one_name(), &mut rng);
            let first = servers.next(&mut rng);
            servers.on_connected();
            let second = servers.next(&mut rng);
            assert!(!first.round_is_over && second.round_is_over);
            first.address == second.address
        });
        let again = again.count() as u64;
        assert!(chi_square(&[again, (CLIENTS - again) / 2, (CLIENTS - again).div_ceil(2)]) < 6, "{again}");
    }

    #[test]
    fn it_is_the_choice_of_the_lab_s_rocketmq_clients() {
        for seed in 0..50 {
            let mut rng = Rng::fork(seed, "client");
            let mut servers = Servers::new(ServerChoice::RocketMq, hosts(), &mut rng.clone());
            let config = ClientConfig::of(Profile::V5);
            let id = ClientId::from("127.0.0.1@c");
            let mut client = ClientInstance::<()>::new(id, Profile::V5, config, addresses(), &mut rng);
            let mut out = Outbox::new(crate::id::ConnectionId(0));
            for round in 0..4 {
                let now = Instant::ZERO + Duration::from_secs(30 * round);
                client.want_route(now, &"T".into(), false, &mut out);
                let asked = client.name_server().expect("it has chosen");
                assert_eq!(asked, servers.next(&mut rng).address, "seed {seed}, round {round}");
                client.handle(now, Input::Refused(crate::id::ConnectionId(round)), &mut out);
            }
        }
    }
}
