//! The words of the page, in both languages.
//!
//! [`Texts`] has a field for every text; `en.rs` and `zh.rs` each make one constant of it, so a text that is
//! missing in a language does not compile. The words of the console, of the verbs and of the versions have files of
//! their own, with both languages side by side. Words of RocketMQ itself (settings, codes, exceptions) stay as they are
//! in both, and so do times and what the core says to a wrong command.

mod acting;
mod comparison;
mod console;
mod controller;
mod en;
mod kafka;
mod lesson;
mod map;
mod pop;
mod registries;
mod replicas;
mod states;
pub mod verbs;
mod versions;
mod zh;
mod zh_details;

use lab_core::command::CommandError;
use lab_core::config::MessageModel;
use lab_core::fact::{Fact, RemovalReason};
use lab_core::time::{Duration, Instant};
use lab_core::view::NodeStatus;

pub use acting::ActingTexts;
pub use comparison::{ComparisonTexts, MeasureText, VariantText};
pub use console::ConsoleTexts;
pub use controller::ControllerTexts;
pub use kafka::{EN as KAFKA_EN, KafkaTexts, ZH as KAFKA_ZH};
pub use lesson::LessonTexts;
pub use map::MapTexts;
pub use pop::PopTexts;
pub use registries::RegistryTexts;
pub use replicas::ReplicaTexts;
pub use states::StateTexts;
pub use versions::VersionTexts;

use crate::labs::LabId;
use crate::session::actions::Verb;
use crate::session::events::Group;
use crate::session::forms::{FieldName, FormKind};
use crate::session::{SkipKind, Theme};

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// 简体中文.
    Zh,
}

impl Lang {
    /// Its words.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::En => &en::TEXTS,
            Self::Zh => &zh::TEXTS,
        }
    }

    /// As HTML's `lang` attribute has it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// From a code as browsers give it: any kind of Chinese is ours, everything else English.
    pub fn from_code(code: &str) -> Option<Self> {
        match code.get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            _ => Some(Self::En),
        }
    }

    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Zh,
            Self::Zh => Self::En,
        }
    }
}

/// What is said about a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabText {
    /// Its name in the header.
    pub short: &'static str,
    /// Its name on its card.
    pub title: &'static str,
    /// What it is about, in two or three sentences.
    pub about: &'static str,
    /// What to look for.
    pub look: &'static [&'static str],
}

/// All words of one language.
#[expect(missing_docs, reason = "the name of a field says where its text stands")]
pub struct Texts {
    /// The words about Kafka.
    pub kafka: &'static KafkaTexts,
    /// What replicas and controllers are.
    pub replicas: &'static ReplicaTexts,
    pub page_title: &'static str,
    pub skip_link: &'static str,
    pub other_language: &'static str,
    pub other_language_label: &'static str,
    pub home: &'static str,
    pub labs: &'static str,
    pub keys: &'static str,
    pub theme: fn(Theme) -> &'static str,

    pub lead: &'static str,
    pub sub_lead: &'static str,
    pub version_legend: &'static str,
    pub version_v4: &'static str,
    pub version_v5: &'static str,
    pub open_lab: &'static str,
    pub front_foot: &'static str,
    pub lab: fn(LabId) -> LabText,
    pub what_to_look_for: &'static str,
    pub look_back: &'static str,
    pub look_on: &'static str,

    pub stage: &'static str,
    pub sandbox_empty: &'static str,
    pub stage_empty: &'static str,
    pub name_server: &'static str,
    pub broker: &'static str,
    pub master: &'static str,
    pub slave: &'static str,
    pub producer: &'static str,
    pub consumer: &'static str,
    pub producer_group: &'static str,
    pub status: fn(NodeStatus) -> &'static str,
    pub menu_of: fn(&str) -> String,
    pub replicas_of: fn(&str) -> String,
    pub no_broker_known: &'static str,
    pub brokers_and_topics: fn(usize, usize) -> String,
    pub believes: fn(&str, &str) -> String,
    pub idle: &'static str,
    pub sent_ok: &'static str,
    pub sent_failed: &'static str,
    pub waits_for: fn(&str, u32, &str) -> String,
    pub ago: fn(&str) -> String,
    pub no_queue: &'static str,
    pub consumed: &'static str,
    pub in_flight: fn(u32, u32) -> String,
    pub local_offsets: &'static str,
    pub no_route: &'static str,
    pub route_age: fn(&str) -> String,
    pub stale: fn(&str) -> String,
    pub trouble: fn(&str) -> &str,
    pub no_topic: &'static str,
    pub queue_counts: fn(u32, u32) -> String,
    pub queue_range: fn(u64, u64) -> String,
    pub lag: fn(i64) -> String,
    pub log: &'static str,
    pub not_flushed: fn(&str) -> String,
    pub forgotten_in: fn(&str) -> String,
    pub from_to: fn(&str, &str) -> String,
    pub registered: fn(&str) -> String,
    pub not_registered: &'static str,
    pub behind: fn(&str) -> String,
    pub not_replicating: &'static str,
    pub barrier: fn(&str, usize) -> String,
    pub model: fn(MessageModel) -> &'static str,

    pub legend: &'static str,
    pub legend_request: &'static str,
    pub legend_response: &'static str,
    pub legend_control: &'static str,
    pub legend_committed: &'static str,
    pub legend_pulled: &'static str,
    pub on_the_wire: fn(usize) -> String,

    pub timeline: &'static str,
    pub play: &'static str,
    pub pause: &'static str,
    pub step: &'static str,
    pub step_title: &'static str,
    pub step_back: &'static str,
    pub step_back_title: &'static str,
    pub to_start: &'static str,
    pub speed: &'static str,
    pub skip: &'static str,
    pub skip_to: &'static str,
    pub skip_kind: fn(SkipKind) -> &'static str,
    pub scrubber: &'static str,
    pub virtual_time: &'static str,
    pub seed: fn(u64) -> String,
    pub none_came: fn(&str) -> String,
    pub nothing_due: &'static str,
    pub done: &'static str,
    pub later_kept: fn(usize) -> String,

    pub add: &'static str,
    pub add_title: &'static str,
    pub form: fn(&FormKind) -> &'static str,
    pub field: fn(FieldName) -> &'static str,
    pub field_hint: fn(FieldName) -> &'static str,
    pub verb: fn(Verb) -> &'static str,
    pub issues: &'static str,
    pub refused: &'static str,
    pub refusal: fn(&CommandError) -> String,
    pub run: &'static str,
    pub cancel: &'static str,
    pub close: &'static str,
    pub yes: &'static str,
    pub no: &'static str,
    pub command_label: &'static str,
    pub command_hint: &'static str,
    pub discard_title: fn(usize) -> String,
    pub discard_why: &'static str,
    pub discard_do: &'static str,
    pub leave_title: &'static str,
    pub leave_why: &'static str,
    pub leave_do: &'static str,

    pub events: &'static str,
    pub fact: fn(&Fact) -> &'static str,
    pub details: fn(&Fact) -> String,
    pub group: fn(Group) -> &'static str,
    pub notable: &'static str,
    pub all_kinds: &'static str,
    pub all_nodes: &'static str,
    pub filter_node: &'static str,
    pub filter_kind: &'static str,
    pub filter_text: &'static str,
    pub event_count: fn(usize) -> String,
    pub no_events: &'static str,
    pub causes: &'static str,
    pub the_lab: &'static str,
    pub and_more: fn(usize) -> String,

    pub panels: &'static str,
    pub fold_panels: &'static str,
    pub comparison: &'static ComparisonTexts,
    pub map: &'static MapTexts,
    pub console: &'static ConsoleTexts,
    pub versions: &'static VersionTexts,
    pub lesson: &'static LessonTexts,
    pub states: &'static StateTexts,
    pub pop: &'static PopTexts,
    pub acting: &'static ActingTexts,
    pub registries: &'static RegistryTexts,

    pub inspector: &'static str,
    pub fold_inspector: &'static str,
    pub nothing_selected: &'static str,
    pub select_hint: &'static str,
    pub gone: fn(&str) -> String,
    pub cluster: &'static str,
    pub name_servers: &'static str,
    pub brokers: &'static str,
    pub producers: &'static str,
    pub consumers: &'static str,
    pub date: &'static str,
    pub nodes: &'static str,
    pub state: &'static str,
    pub address: &'static str,
    pub timers: &'static str,
    pub rings_in: fn(&str) -> String,
    pub connections: &'static str,
    pub made_by: &'static str,
    pub none: &'static str,
    pub never: &'static str,
    pub alive: &'static str,
    pub dead: &'static str,
    pub last_update: &'static str,
    pub expires_in: &'static str,
    pub truth: &'static str,
    pub topic: &'static str,
    pub read_write: &'static str,
    pub removed: &'static str,
    pub removal: fn(RemovalReason) -> &'static str,
    pub when: &'static str,
    pub why: &'static str,
    pub what: &'static str,
    pub system_topics: &'static str,
    pub commit_log: &'static str,
    pub topics: &'static str,
    pub group_offsets: &'static str,
    pub held_pulls: &'static str,
    pub slaves: &'static str,
    pub clients: &'static str,
    pub settings: &'static str,
    pub connected: &'static str,
    pub not_connected: &'static str,
    pub registered_at: fn(&str) -> String,
    pub flushed_to: &'static str,
    pub dispatched_to: &'static str,
    pub records: &'static str,
    pub newest: &'static str,
    pub queue: &'static str,
    pub message: &'static str,
    pub group_name: &'static str,
    pub offset: &'static str,
    pub since: &'static str,
    pub until_in: &'static str,
    pub acknowledged: &'static str,
    pub lacks: &'static str,
    pub heartbeat: &'static str,
    pub its_name_server: &'static str,
    pub last_failure: &'static str,
    pub jobs: &'static str,
    pub every: &'static str,
    pub begun: &'static str,
    pub waiting: &'static str,
    pub faults: &'static str,
    pub latency: &'static str,
    pub avoided_for: &'static str,
    pub tag_filter: &'static str,
    pub model_name: &'static str,
    pub from: &'static str,
    pub strategy: &'static str,
    pub work: &'static str,
    pub last_rebalance: &'static str,
    pub process_queues: &'static str,
    pub pulled_to: &'static str,
    pub commits: &'static str,
    pub in_work_cached: &'static str,
    pub last_pull: &'static str,
    pub cached_route: &'static str,
    pub changed: &'static str,
    pub writable: &'static str,
    pub readable: &'static str,
    pub not_stored: &'static str,
    pub copies: &'static str,
    pub its_way: &'static str,
    pub its_bytes: &'static str,
    pub tag: &'static str,
    pub key: &'static str,
    pub born: &'static str,
    pub stored_at: &'static str,
    pub reconsumed: &'static str,
    pub body: &'static str,
    pub at_byte: &'static str,
    pub hex: &'static str,
    pub field_of_record: &'static str,

    pub key_space: &'static str,
    pub key_play: &'static str,
    pub key_close: &'static str,
    pub keys_note: &'static str,
}

impl PartialEq for Texts {
    /// There is one of each language.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// A span of time for people, the same in both languages: `350 ms`, `4.2 s`, `72 s`, `5 min`.
pub fn span(span: Duration) -> String {
    match span.as_millis() {
        ms if ms >= Instant::NEVER.as_millis() / 2 => "∞".to_owned(),
        ms if ms < 1_000 => format!("{ms} ms"),
        ms if ms < 10_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        ms if ms < 600_000 => format!("{} s", ms / 1_000),
        ms if ms < 7_200_000 => format!("{} min", ms / 60_000),
        ms => format!("{} h", ms / 3_600_000),
    }
}

/// A number with the sign that mathematics uses, which is as wide as a figure.
pub fn signed(number: i64) -> String {
    if number < 0 { format!("−{}", number.unsigned_abs()) } else { number.to_string() }
}

/// A number of bytes for people: `214 B`, `12.4 KiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes * 10 / 1_024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_sizes_read_well() {
        let spans = [0, 350, 4_230, 72_900, 600_000, 7_200_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(spans, ["0 ms", "350 ms", "4.2 s", "72 s", "10 min", "2 h"]);
        assert_eq!([0, 214, 12_700, 3 << 20].map(bytes), ["0 B", "214 B", "12.4 KiB", "3.0 MiB"]);
    }

    #[test]
    fn browsers_languages_are_understood() {
        assert_eq!(Lang::from_code("zh-TW"), Some(Lang::Zh));
        assert_eq!(Lang::from_code("de-DE"), Some(Lang::En));
        assert_eq!(Lang::from_code(""), None);
        assert_eq!(Lang::from_code(Lang::Zh.code()), Some(Lang::Zh));
    }

    #[test]
    fn every_lab_says_what_to_look_for_in_both_languages() {
        for lang in [Lang::En, Lang::Zh] {
            for id in LabId::ALL {
                let text = (lang.texts().lab)(id);
                assert!(!text.about.is_empty() && !text.title.is_empty());
                assert_eq!(text.look.is_empty(), id == LabId::Sandbox);
            }
            for id in LabId::COMPARISONS {
                assert!(!(lang.texts().lab)(id).look.is_empty());
            }
        }
    }
}
