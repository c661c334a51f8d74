//! The ready labs, as recordings in the lab's own notation.
//!
//! Latencies are 20 to 60 ms, ten times those of one data centre, so that a frame can be watched on its way. All
//! other clocks are RocketMQ's own. The clients come two seconds after the brokers, when all routes are known, and a
//! lab opens at that moment. What to look for stands in [`text`](crate::text), in both languages.

mod riddle;
pub mod variants;
mod ways;

use lab_core::config::Profile;

pub use riddle::Case;
pub use ways::{Fault, Way};

/// A lab that is one click away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabId {
    /// How a message goes from a producer to the members of a group.
    Flow,
    /// Two groups on one topic: one divides it, in the other everybody gets everything.
    Broadcast,
    /// A broker that is killed against one that is frozen.
    Failover,
    /// An empty cluster.
    Sandbox,
    /// Ways to survive the loss of a master, side by side.
    Ways,
    /// A group whose offset is ahead of the log, in every way it can end.
    Riddle,
    /// The cluster of a lesson, which is opened by its own id.
    Lesson,
}

impl LabId {
    /// All ready labs with one cluster, in the order of the front page.
    pub const ALL: [Self; 4] = [Self::Flow, Self::Broadcast, Self::Failover, Self::Sandbox];

    /// The ready labs with [variants], which open as a table.
    pub const COMPARISONS: [Self; 2] = [Self::Ways, Self::Riddle];

    /// Whether it opens as a table of its variants.
    pub const fn is_comparison(self) -> bool {
        matches!(self, Self::Ways | Self::Riddle)
    }

    /// The word by which tests and styles know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Broadcast => "broadcast",
            Self::Failover => "failover",
            Self::Sandbox => "sandbox",
            Self::Ways => "ways",
            Self::Riddle => "riddle",
            Self::Lesson => "lesson",
        }
    }

    /// The recording that it starts from; of a lab with variants the first line only.
    pub fn recording(self, profile: Profile) -> String {
        format!("lab profile={profile} seed=42 latency=20..60\n{}", self.commands())
    }

    const fn commands(self) -> &'static str {
        match self {
            Self::Flow => FLOW,
            Self::Broadcast => BROADCAST,
            Self::Failover => FAILOVER,
            Self::Sandbox | Self::Ways | Self::Riddle | Self::Lesson => "",
        }
    }
}

const FLOW: &str = "\
name-server nsrv-0
name-server nsrv-1
broker broker-a
broker broker-b
topic Orders queues=4
run 2s
producer order-producer group=order-pg
consumer consumer-1 group=order-cg topic=Orders work=300ms
consumer consumer-2 group=order-cg topic=Orders work=300ms
produce order-producer Orders every=800ms tag=A,B,C key=order
";

const BROADCAST: &str = "\
name-server nsrv-0
broker broker-a
topic Orders queues=4
run 2s
producer order-producer group=order-pg
consumer billing-1 group=billing-cg topic=Orders work=200ms
consumer billing-2 group=billing-cg topic=Orders work=200ms
consumer cache-1 group=cache-cg topic=Orders model=BROADCASTING work=200ms
consumer cache-2 group=cache-cg topic=Orders model=BROADCASTING work=200ms
produce order-producer Orders every=1s tag=A,B key=order
";

const FAILOVER: &str = "\
name-server nsrv-0
name-server nsrv-1
broker broker-a
broker broker-a-1 name=broker-a id=1
broker broker-b
topic Orders queues=4
run 2s
producer order-producer group=order-pg
consumer consumer-1 group=order-cg topic=Orders work=200ms
consumer consumer-2 group=order-cg topic=Orders work=200ms
produce order-producer Orders every=800ms tag=A,B,C key=order
";

#[cfg(test)]
mod tests {
    use lab_core::recording::Recording;

    use super::*;

    #[test]
    fn every_lab_is_a_recording_whose_commands_are_written_as_they_print() {
        for lab in LabId::ALL {
            let text = lab.recording(Profile::V5);
            let recording: Recording = text.parse().unwrap_or_else(|error| panic!("{lab:?}: {error}"));
            let lines = text.lines().filter(|line| !line.starts_with("lab ") && !line.starts_with("run "));
            assert_eq!(lines.clone().count(), recording.commands.len());
            for (line, (_, command)) in lines.zip(&recording.commands) {
                let words = |text: &str| {
                    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
                    words.sort();
                    words
                };
                assert_eq!(words(&command.to_string()), words(line));
            }
        }
    }

    #[test]
    fn the_first_line_names_version_and_seed() {
        let text = LabId::Sandbox.recording(Profile::V4);
        assert_eq!(text, "lab profile=V4 seed=42 latency=20..60\n");
    }
}
