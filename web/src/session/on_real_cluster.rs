//! The `mqadmin` lines that do to a real cluster what a command does to the lab's.
//!
//! Only commands that have one: nobody starts or kills a process with `mqadmin`.

use lab_core::command::{Command, CommunicationMode, Delivery, SendJob, TopicPlace};
use lab_core::id::{Address, NodeId};
use lab_core::view::View;

use super::console::names::name_server_list;
use crate::geometry::own_controllers;

/// The lines, in order; none when `mqadmin` cannot do it.
pub fn mqadmin_lines(command: &Command, view: &View) -> Vec<String> {
    let line = |name: &str, rest: String| {
        let servers = name_server_list(view);
        let servers = if servers.is_empty() { String::new() } else { format!(" -n {servers}") };
        format!("mqadmin {name}{servers}{rest}")
    };
    match command {
        Command::CreateTopic { topic, config, place } => {
            let target = match place {
                TopicPlace::Cluster(cluster) => Some(format!("-c {}", word(cluster.as_str()))),
                TopicPlace::Broker(node) => address_of(node, view).map(|address| format!("-b {address}")),
            };
            let (read, write, perm) = (config.read_queue_nums, config.write_queue_nums, config.perm);
            let topic = word(topic.as_str());
            let rest = target.map(|target| format!(" {target} -t {topic} -r {read} -w {write} -p {perm}"));
            rest.map(|rest| line("updateTopic", rest)).into_iter().collect()
        }
        Command::Set(node, settings) if own_controllers(view).any(|it| it.node.id == *node) => {
            let controllers = own_controllers(view).filter(|it| it.node.id == *node);
            let change = |address: Address| {
                settings.iter().map(move |(key, value)| {
                    format!("mqadmin updateControllerConfig -a {address} -k {} -v {}", word(key), word(value))
                })
            };
            controllers.flat_map(|it| change(it.address)).collect()
        }
        Command::Set(node, settings) => {
            let Some(address) = address_of(node, view) else { return Vec::new() };
            let change = |(key, value): &(String, String)| {
                line("updateBrokerConfig", format!(" -b {address} -k {} -v {}", word(key), word(value)))
            };
            settings.iter().map(change).collect()
        }
        Command::Mqadmin(words) => {
            let (name, rest) = words.split_once(' ').unwrap_or((words, ""));
            let is_bare = !words.contains(" -n ");
            is_bare.then(|| line(name, format!(" {rest}"))).into_iter().collect()
        }
        Command::Send(_, job) if is_plain(job) => vec![line("sendMessage", message(job))],
        _ => Vec::new(),
    }
}

/// Whether the message has nothing that `mqadmin sendMessage` cannot give it.
fn is_plain(job: &SendJob) -> bool {
    let is_sent_plainly = job.mode == CommunicationMode::Sync && job.delivery == Delivery::AtOnce;
    let is_alone = job.count == Some(1) && job.transaction.is_none();
    is_alone && is_sent_plainly && job.hash.is_none() && job.properties.is_empty()
}

fn message(job: &SendJob) -> String {
    let mut rest = format!(" -t {} -p {}", word(job.topic.as_str()), word(&job.body));
    if let Some(key) = &job.key {
        rest += &format!(" -k {}", word(key));
    }
    if let Some(tag) = job.tags.first() {
        rest += &format!(" -c {}", word(tag));
    }
    if let Some((broker, queue)) = &job.queue {
        rest += &format!(" -b {} -i {queue}", word(broker.as_str()));
    }
    rest
}

fn address_of(broker: &NodeId, view: &View) -> Option<Address> {
    view.brokers.iter().find(|it| it.node.id == *broker).map(|it| it.node.address)
}

/// A word as a shell takes it: in quotes unless it is plain.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.:,%@/+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use lab_core::config::Profile;
    use lab_core::lab::Lab;

    use super::*;
    use crate::labs::LabId;

    fn lines(command: &str) -> Vec<String> {
        let recording = LabId::Failover.recording(Profile::V5).parse().expect("a ready lab is a recording");
        let view = Lab::new(recording).view(1);
        mqadmin_lines(&command.parse().expect("a command"), &view)
    }

    #[test]
    fn topics_settings_and_messages_have_a_line_and_faults_have_none() {
        let servers = "-n '127.0.0.1:9876;127.0.0.1:9886'";
        assert_eq!(
            lines("topic Refunds queues=4"),
            [format!("mqadmin updateTopic {servers} -c DefaultCluster -t Refunds -r 4 -w 4 -p 6")]
        );
        assert_eq!(
            lines("topic Refunds read=2 write=4 perm=4 broker=broker-a"),
            [format!("mqadmin updateTopic {servers} -b 127.0.0.1:10911 -t Refunds -r 2 -w 4 -p 4")]
        );
        assert_eq!(
            lines("set broker-a slaveReadEnable=true brokerPermission=4"),
            [
                format!("mqadmin updateBrokerConfig {servers} -b 127.0.0.1:10911 -k slaveReadEnable -v true"),
                format!("mqadmin updateBrokerConfig {servers} -b 127.0.0.1:10911 -k brokerPermission -v 4"),
            ]
        );
        assert_eq!(
            lines("send order-producer Orders tag=A key=k body=\"it's\""),
            [format!("mqadmin sendMessage {servers} -t Orders -p 'it'\\''s' -k k -c A")]
        );
        assert!(lines("send order-producer Orders delay=3").is_empty());
        assert!(lines("kill broker-a").is_empty() && lines("set consumer-1 work=1s").is_empty());
    }
}
