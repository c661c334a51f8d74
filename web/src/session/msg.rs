//! What the browser tells the page, and the small choices of the page's state.

use arcstr::ArcStr;

use lab_core::command::{Command, CommandError};
use lab_core::config::Profile;
use lab_core::fact::{Fact, RegistryFact};
use lab_core::id::{EventId, NodeId};
use lab_core::lesson::Sureness;
use lab_core::time::Duration;

use super::comparison::CompareMsg;
use super::console::Direction;
use super::events::Filter;
use super::forms::{Form, FormKind};
use super::learner::MapMsg;
use super::lesson::Workshop;
use super::rules::RulesOf;
use crate::files::Text;
use crate::labs::LabId;
use crate::text::Lang;

/// What the browser told the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// So many real milliseconds passed.
    Frame(u32),
    /// The version for the next lab was chosen.
    ChooseProfile(Profile),
    /// A lab was chosen.
    OpenLab(LabId),
    /// Something in the table of a lab with variants was asked for.
    Compare(CompareMsg),
    /// A lesson was chosen, by its id.
    OpenLesson(ArcStr),
    /// Something in the lesson panel was asked for.
    Lesson(LessonMsg),
    /// Back to the front page.
    GoHome,
    /// A language was chosen.
    SetLang(Lang),
    /// A theme was chosen.
    SetTheme(Theme),
    /// Large type and strong contrast were chosen, or no longer are.
    SetProjector(bool),
    /// Something about the map, the record or the sheet.
    Map(MapMsg),
    /// Files were chosen or dropped.
    Files(Vec<Text>),
    /// Play, or pause.
    PlayPause,
    /// On to the next event.
    Step,
    /// Back before the last event.
    StepBack,
    /// To the beginning.
    ToStart,
    /// To a moment, in milliseconds.
    Scrub(u64),
    /// A speed was chosen, by its place in the list.
    SetSpeed(usize),
    /// The kind of event to skip to was chosen.
    SetSkip(SkipKind),
    /// On to the next event of that kind.
    Skip,
    /// Something was selected.
    Select(Selection),
    /// The same, and its inspector is to be seen.
    Inspect(Selection),
    /// A line of the event list was selected.
    SelectEvent(EventId),
    /// Nothing is selected any more.
    Unselect,
    /// A node's menu was opened or closed.
    ToggleMenu(NodeId),
    /// Whatever menu is open was closed.
    CloseMenu,
    /// A command was given.
    Do(Command),
    /// The command line was edited.
    EditLine(String),
    /// A line was put into the command line.
    UseLine(String),
    /// The command line was sent.
    RunLine,
    /// An older or newer line was asked for.
    Recall(Direction),
    /// The line is to be completed.
    Complete,
    /// Another suggestion becomes the active one.
    MoveSuggestion(Direction),
    /// A suggestion was taken, by its place in the list.
    PickSuggestion(usize),
    /// The list of suggestions was closed.
    CloseSuggestions,
    /// The output of an order was copied.
    Copy(EventId),
    /// A panel below the timeline was chosen.
    ShowPanel(Panel),
    /// A form was asked for.
    OpenForm(FormKind),
    /// A field of the open form was edited.
    EditField(usize, String),
    /// The open form was sent.
    SubmitForm,
    /// The later commands may be discarded.
    Confirm,
    /// The list of keys was asked for.
    ShowHelp,
    /// An explanation of the console was asked for.
    ShowConsoleHelp,
    /// The rules behind something were asked for.
    ShowRules(RulesOf),
    /// The differences of the versions were asked for.
    ShowVersions,
    /// The run is to begin anew under the other version.
    SwitchVersion,
    /// The open dialog was closed.
    CloseDialog,
    /// The event list is filtered otherwise.
    Filter(Filter),
    /// A region was folded or unfolded.
    Fold(Region),
    /// The event list was scrolled.
    ScrollEvents {
        /// First row in sight.
        first: usize,
        /// Rows in sight.
        rows: usize,
        /// Whether the last row is in sight.
        at_end: bool,
    },
    /// The stage has another size: width, and height beyond which it would scroll.
    StageSize(f64, f64),
    /// Another of the things to look for was asked for, by its place in the list.
    LookAt(usize),
    /// The person asked the system for little motion, or no longer does.
    ReducedMotion(bool),
}

/// What was asked for in the lesson panel.
#[derive(Clone, Debug, PartialEq)]
pub enum LessonMsg {
    /// An answer was chosen; it is not given yet.
    Choose(ArcStr),
    /// How sure the learner is.
    Sure(Sureness),
    /// The answer was given, for good.
    Give,
    /// On to the next step.
    GoOn,
    /// Back to the step before.
    Back,
    /// The next hint.
    OpenHint,
    /// The solution is to be played.
    PlaySolution,
    /// The rest of the solution without pauses.
    HurrySolution,
    /// No more of the solution.
    StopSolution,
    /// The run as it was when the step began.
    ResetStep,
    /// The whole lesson anew.
    StartOver,
    /// The stage is to go to the moment of an event.
    Evidence(EventId),
    /// A lesson from disk is to be opened although something is wrong with it.
    OpenAnyway,
    /// The browser is to ask for the files of a lesson.
    ChooseFiles,
    /// The lesson from disk is to be saved as one file.
    SavePacked,
}

/// What is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// A node.
    Node(NodeId),
    /// A message, by the producer's id.
    Message(ArcStr),
}

/// A part of the page that can be folded away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// The panels below the timeline.
    Panels,
    /// The inspector.
    Inspector,
}

/// One of the panels below the timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panel {
    /// Commands and what `mqadmin` printed.
    Console,
    /// The event list.
    #[default]
    Events,
}

impl Panel {
    /// Both, in the order of the tabs.
    pub const ALL: [Self; 2] = [Self::Console, Self::Events];

    /// The word by which tests and styles know it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Events => "events",
        }
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them, in the order of the button.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word that is stored and that the style sheet knows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }
}

/// A dialog that waits for an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// A command in the past would discard later ones.
    Discard {
        /// The command.
        command: Command,
        /// How many it would discard.
        later: usize,
    },
    /// A form is being filled in.
    Form {
        /// The form.
        form: Form,
        /// What was wrong when it was last sent.
        problem: Option<CommandError>,
    },
    /// Another lab, or the front page, would discard the commands that were given.
    Leave(Option<LabId>),
    /// The list of keys.
    Help,
    /// What the console understands.
    Console,
    /// The rules behind something.
    Rules(RulesOf),
    /// What differs between the versions, and the switch.
    Versions,
    /// What is wrong with a lesson that was opened from disk.
    Workshop(Box<Workshop>),
}

/// A command that could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The command, as it was written.
    pub line: String,
    /// Why not.
    pub why: CommandError,
}

/// Something to tell beside the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// No event of that kind came within the stretch that was searched.
    NoneCame(SkipKind),
    /// Nothing will happen within that stretch.
    NothingDue,
    /// A command was carried out.
    Done(String),
    /// The lesson holds for this version only.
    OneVersion(Profile),
    /// A prediction comes first.
    PredictFirst,
    /// The moment that was quoted is not in this run any more.
    EvidenceGone,
    /// A recording could not be read.
    BadRecording(String),
    /// `mqadmin` has not answered within this time.
    StillWaiting(Duration),
    /// The run began anew under the other version.
    Switched {
        /// That version.
        to: Profile,
        /// Commands that could not be carried out there.
        passed_over: usize,
    },
    /// Something about files that were dropped while the run is open.
    Map(super::learner::MapNotice),
    /// The lab was opened anew under the other version, because the commands could not be carried out there.
    SwitchedToOpening(Profile),
}

macro_rules! skip_kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal: $pattern:pat,)+) => {
        /// Kinds of events that one can skip to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum SkipKind { $($(#[$doc])* $name,)+ }

        impl SkipKind {
            /// All of them, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word by which the list knows it.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Whether a fact is of this kind.
            pub const fn matches(self, fact: &Fact) -> bool {
                match self { $(Self::$name => matches!(fact, $pattern)),+ }
            }

            /// From its word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.word() == word)
            }
        }
    };
}

skip_kinds! {
    /// A broker stored a message.
    MessageStored = "message-stored": Fact::MessageStored { .. },
    /// A listener finished a message.
    MessageConsumed = "message-consumed": Fact::MessageConsumed { .. },
    /// A send succeeded.
    SendSucceeded = "send-succeeded": Fact::SendSucceeded { .. },
    /// An attempt failed.
    SendRetried = "send-retried": Fact::SendRetried { .. },
    /// A send failed for good.
    SendFailed = "send-failed": Fact::SendFailed { .. },
    /// A name server took a broker in.
    BrokerRegistered = "broker-registered": Fact::BrokerRegistered { .. },
    /// A name server dropped a broker.
    BrokerRemoved = "broker-removed": Fact::BrokerRemoved { .. },
    /// A client learned another route.
    RouteChanged = "route-changed": Fact::RouteChanged { .. },
    /// A consumer's share changed.
    Rebalanced = "rebalanced": Fact::Rebalanced { .. },
    /// A group's offset changed.
    OffsetCommitted = "offset-committed": Fact::OffsetCommitted { .. },
    /// A consumer took the broker's offset.
    OffsetCorrected = "offset-corrected": Fact::OffsetCorrected { .. },
    /// A slave appended a piece of the log.
    Replicated = "replicated": Fact::Replicated { .. },
    /// The log reached the disk.
    Flushed = "flushed": Fact::Flushed { .. },
    /// A connection was found closed.
    ConnectionLost = "connection-lost": Fact::ConnectionLost { .. },
    /// A request timed out.
    RequestTimedOut = "request-timed-out": Fact::RequestTimedOut { .. },
    /// A client of registries learned another list.
    MembersLearned = "members-learned": Fact::Registry(RegistryFact::MembersLearned { .. }),
}
