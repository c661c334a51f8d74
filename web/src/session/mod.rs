//! The state of the page and the one function that changes it.
//!
//! [`Session::update`] takes what the browser told ([`Msg`]) and answers whether the page has to be drawn anew.
//! Everything that changes the run happens here and nowhere else; the session knows neither Yew nor the browser,
//! so that tests send it the same messages.

mod acting;
pub mod actions;
pub mod comparison;
pub mod console;
pub mod cuts;
pub mod events;
pub mod following;
pub mod forms;
pub mod kafka;
pub mod learner;
pub mod lesson;
pub mod msg;
pub mod on_real_cluster;
pub mod rules;
pub mod scan;
pub mod shown;
pub mod versions;

use std::rc::Rc;

use arcstr::ArcStr;

use lab_core::command::Command;
use lab_core::config::Profile;
use lab_core::fact::TraceEvent;
use lab_core::id::{EventId, NodeId};
use lab_core::lab::Lab;
use lab_core::recording::Recording;
use lab_core::time::{Duration, Instant};

use crate::geometry::flying::Flying;
use crate::geometry::size;
use crate::labs::LabId;
use crate::lessons::Library;
use crate::playback::{EVENTS_PER_FRAME, Playback};
use crate::progress::Record;
use crate::text::{Lang, Texts};

use self::comparison::Comparison;
use self::console::transcript::Transcript;
use self::console::{Console, Waiting};
use self::events::EventList;
use self::lesson::LessonRun;
use self::scan::Scan;

use self::learner::MapState;
pub use learner::{MapMsg, MapNotice};
pub use msg::{Dialog, LessonMsg, Msg, Notice, Panel, Problem, Region, Selection, SkipKind, Theme};
pub use shown::{MessageDetail, Shown};

/// Real milliseconds between two drawings of the panels while playing.
const REFRESH_MS: u32 = 100;
/// Real milliseconds between two announcements to screen readers.
const ANNOUNCE_MS: u32 = 1_500;
/// Virtual time that "skip" and "step" look ahead.
const LOOK_AHEAD: Duration = Duration::from_secs(600);

/// A run with everything that the page knows about it.
pub(crate) struct Run {
    pub(crate) id: LabId,
    /// Commands that the lab came with.
    pub(crate) given: usize,
    pub(crate) lab: Lab,
    pub(crate) scan: Scan,
    pub(crate) events: EventList,
    pub(crate) transcript: Transcript,
    pub(crate) shown: Rc<Shown>,
    /// The lesson that it belongs to.
    pub(crate) lesson: Option<Box<LessonRun>>,
}

impl Run {
    /// A run of which nothing was looked at yet. `given` is the number of commands that the lab came with.
    fn new(id: LabId, given: usize, lab: Lab) -> Self {
        Self {
            id,
            given,
            lab,
            scan: Scan::default(),
            events: EventList::default(),
            transcript: Transcript::default(),
            shown: Rc::default(),
            lesson: None,
        }
    }
}

/// The state of the page.
pub struct Session {
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
    pub(crate) projector: bool,
    pub(crate) profile: Profile,
    pub(crate) library: Library,
    /// What the learner has reached.
    pub(crate) record: Record,
    /// Whether the record has to be stored; whoever changes the record sets it, the page takes it back.
    pub(crate) record_changed: bool,
    pub(crate) map: MapState,
    pub(crate) run: Option<Run>,
    /// The lab with variants that is open; its table is seen while no run is on the stage.
    pub(crate) comparison: Option<Comparison>,
    /// Whether the page is too narrow for a wide table.
    pub(crate) narrow: bool,
    pub(crate) playing: bool,
    pub(crate) playback: Playback,
    pub(crate) skip: SkipKind,
    pub(crate) selection: Option<Selection>,
    pub(crate) chain: Rc<[TraceEvent]>,
    pub(crate) chain_of: Option<EventId>,
    pub(crate) message: Option<Rc<MessageDetail>>,
    pub(crate) menu: Option<NodeId>,
    pub(crate) dialog: Option<Dialog>,
    pub(crate) line: String,
    pub(crate) console: Console,
    waiting: Option<Waiting>,
    /// Until when time passes as fast as it can, after a `run`.
    passing: Option<Instant>,
    pub(crate) problem: Option<Problem>,
    pub(crate) notice: Option<Notice>,
    pub(crate) announced: String,
    pub(crate) panel: Panel,
    pub(crate) panels_folded: bool,
    pub(crate) inspector_folded: bool,
    pub(crate) flying: Flying,
    stage: (f64, f64),
    pub(crate) look: usize,
    calm: bool,
    since_refresh: u32,
    since_announcement: u32,
    version: u64,
}

impl Session {
    /// A page that nobody has touched yet.
    pub fn new(lang: Lang, theme: Theme) -> Self {
        Self {
            lang,
            theme,
            projector: false,
            profile: Profile::default(),
            library: Library::load(),
            record: Record::default(),
            record_changed: false,
            map: MapState::default(),
            run: None,
            comparison: None,
            narrow: false,
            playing: false,
            playback: Playback::default(),
            skip: SkipKind::ALL[0],
            selection: None,
            chain: Rc::from([]),
            chain_of: None,
            message: None,
            menu: None,
            dialog: None,
            line: String::new(),
            console: Console::default(),
            waiting: None,
            passing: None,
            problem: None,
            notice: None,
            announced: String::new(),
            panel: Panel::default(),
            panels_folded: false,
            inspector_folded: false,
            flying: Flying::default(),
            stage: (1100.0, f64::INFINITY),
            look: 0,
            calm: false,
            since_refresh: 0,
            since_announcement: ANNOUNCE_MS,
            version: 0,
        }
    }

    /// The words of the chosen language.
    pub fn texts(&self) -> &'static Texts {
        self.lang.texts()
    }

    /// What is drawn, when a lab is open.
    pub fn shown(&self) -> Option<Rc<Shown>> {
        self.run.as_ref().map(|run| Rc::clone(&run.shown))
    }

    /// Whether [`Msg::Frame`] would change anything.
    pub fn needs_frames(&self) -> bool {
        let Some(run) = &self.run else {
            return self.comparison.as_ref().is_some_and(Comparison::is_counting);
        };
        self.playing
            || self.waiting.is_some()
            || self.passing.is_some()
            || run.lesson.as_ref().is_some_and(|lesson| lesson.is_moving(run.lab.now()))
            || self.flying.is_moving(run.lab.now())
            || run.scan.has_announcements()
    }

    /// Set-up and commands of the run, in the notation that [`Recording`] reads: what a bug report needs.
    pub fn recording_text(&self) -> Option<String> {
        Some(self.run.as_ref()?.lab.recording().to_string())
    }

    /// Does what a message asks for; true when the page has to be drawn anew.
    pub fn update(&mut self, msg: Msg) -> bool {
        if self.is_locked() && Self::touches(&msg) {
            self.notice = Some(Notice::PredictFirst);
            self.refresh();
            return true;
        }
        match msg {
            Msg::Frame(elapsed_ms) => return self.frame(elapsed_ms),
            Msg::ChooseProfile(profile) => self.profile = profile,
            Msg::OpenLab(id) => self.leave(Some(id)),
            Msg::Compare(msg) => self.compare(msg),
            Msg::OpenLesson(id) => self.open_lesson(&id),
            Msg::Lesson(msg) => self.update_lesson(msg),
            Msg::GoHome => {
                self.map.is_sheet_open = false;
                self.leave(None);
            }
            Msg::SetLang(lang) => {
                // What was announced last was said in the other language.
                self.announced.clear();
                self.lang = lang;
            }
            Msg::SetTheme(theme) => self.theme = theme,
            Msg::SetProjector(projector) => self.projector = projector,
            Msg::Map(msg) => self.map(msg),
            Msg::Files(files) => self.take_files(files),
            Msg::PlayPause => self.play_or_pause(),
            Msg::Step => self.step(),
            Msg::StepBack => self.jump(|lab| {
                lab.step_back();
            }),
            Msg::ToStart => self.jump(|lab| lab.go_to(Instant::ZERO)),
            Msg::Scrub(ms) => self.jump(|lab| lab.go_to(Instant::from_millis(ms))),
            Msg::SetSpeed(index) => self.playback.set_speed(index),
            Msg::SetSkip(kind) => self.skip = kind,
            Msg::Skip => self.skip_ahead(),
            Msg::Select(selection) => self.select(selection),
            Msg::Inspect(selection) => {
                self.select(selection);
                self.inspector_folded = false;
            }
            Msg::SelectEvent(id) => self.select_event(id),
            Msg::Unselect => self.selection = None,
            Msg::ToggleMenu(node) => self.toggle_menu(node),
            Msg::CloseMenu => self.menu = None,
            Msg::Do(command) => self.order(command),
            Msg::EditLine(line) => self.edit_line(line),
            Msg::UseLine(line) => self.use_line(line),
            Msg::RunLine => self.run_line(),
            Msg::Recall(direction) => self.recall(direction),
            Msg::Complete => self.complete(),
            Msg::MoveSuggestion(direction) => self.move_suggestion(direction),
            Msg::PickSuggestion(place) => self.pick_suggestion(place),
            Msg::CloseSuggestions => self.close_suggestions(),
            Msg::Copy(ordered) => self.console.copied = Some(ordered),
            Msg::ShowPanel(panel) => self.show_panel(panel),
            Msg::OpenForm(kind) => self.open_form(&kind),
            Msg::EditField(place, value) => self.edit_field(place, value),
            Msg::SubmitForm => self.submit_form(),
            Msg::Confirm => self.confirm(),
            Msg::ShowHelp => self.dialog = Some(Dialog::Help),
            Msg::ShowConsoleHelp => self.dialog = Some(Dialog::Console),
            Msg::ShowRules(of) => self.dialog = Some(Dialog::Rules(of)),
            Msg::ShowVersions => self.dialog = Some(Dialog::Versions),
            Msg::SwitchVersion => self.switch_version(),
            Msg::CloseDialog => self.dialog = None,
            Msg::Fold(Region::Panels) => self.panels_folded = !self.panels_folded,
            Msg::Fold(Region::Inspector) => self.inspector_folded = !self.inspector_folded,
            Msg::Filter(filter) => self.filter(filter),
            Msg::ScrollEvents { first, rows, at_end } => {
                if !self.scroll_events(first, rows, at_end) {
                    return false;
                }
            }
            Msg::StageSize(width, height) => return self.resize(width, height),
            Msg::LookAt(place) => self.look = place,
            Msg::ReducedMotion(calm) => {
                self.calm = calm;
                self.flying.clear();
            }
        }
        self.refresh();
        true
    }

    fn open(&mut self, id: LabId) {
        self.close();
        if id.is_comparison() {
            return self.open_comparison(id);
        }
        self.comparison = None;
        match id.recording(self.profile).parse::<Recording>() {
            Ok(recording) => {
                let last = recording.commands.last().map(|(at, _)| *at);
                let mut lab = Lab::new(recording);
                if let Some(at) = last {
                    lab.run_until(at + Duration::from_millis(1));
                }
                self.run = Some(Run::new(id, lab.recording().commands.len(), lab));
                self.playing = id != LabId::Sandbox;
                self.playback = Playback::default();
                self.after_jump();
            }
            Err(error) => self.notice = Some(Notice::BadRecording(error.to_string())),
        }
    }

    /// Goes to another lab or the front page, after asking when a person's own work would be lost.
    fn leave(&mut self, to: Option<LabId>) {
        let asked = matches!(self.dialog, Some(Dialog::Leave(_)));
        // A lesson is remembered, so nothing is lost with it.
        let own = self
            .run
            .as_ref()
            .is_some_and(|run| run.lesson.is_none() && run.lab.recording().commands.len() != run.given);
        match to {
            _ if own && !asked => self.dialog = Some(Dialog::Leave(to)),
            Some(id) => self.open(id),
            None => {
                self.close();
                self.comparison = None;
            }
        }
    }

    fn close(&mut self) {
        self.remember_lesson();
        self.run = None;
        self.playing = false;
        self.selection = None;
        self.message = None;
        self.chain = Rc::from([]);
        self.chain_of = None;
        self.menu = None;
        self.dialog = None;
        self.look = 0;
        self.line.clear();
        self.waiting = None;
        self.passing = None;
        self.console.popup = None;
        self.console.copied = None;
        self.problem = None;
        self.notice = None;
        self.announced.clear();
        self.flying.clear();
    }

    fn frame(&mut self, elapsed_ms: u32) -> bool {
        let Some(run) = &mut self.run else { return self.count_on() };
        if self.playing && self.dialog.is_none() {
            let target = run.lab.now() + self.playback.advance(elapsed_ms);
            if target > run.lab.now() {
                self.pass_time(target, EVENTS_PER_FRAME);
            }
            self.after_run();
        }
        let shows = self.lesson().is_some_and(|lesson| lesson.playing.is_some()) && self.dialog.is_none();
        if shows {
            self.play_on(elapsed_ms);
        }
        let waits = self.waiting.is_some() && self.dialog.is_none();
        if waits {
            self.go_on_waiting();
        }
        let passes = self.passing.is_some() && self.dialog.is_none();
        if passes {
            self.go_on_passing();
        }
        let now = self.now();
        self.flying.advance(elapsed_ms, now);
        if let Some(beside) = self.beside_mut() {
            beside.flying.advance(elapsed_ms, now);
        }
        self.since_announcement = self.since_announcement.saturating_add(elapsed_ms);
        self.since_refresh += elapsed_ms;
        if self.since_refresh < REFRESH_MS && !waits && !shows && !passes {
            return false;
        }
        let idle = !self.playing
            && !waits
            && !shows
            && !passes
            && !self.run.as_ref().is_some_and(|run| run.scan.has_announcements());
        if idle {
            return false;
        }
        self.refresh();
        true
    }

    fn play_or_pause(&mut self) {
        self.playing = !self.playing && self.run.is_some();
        self.waiting = None;
        self.passing = None;
    }

    /// Goes on by one thing that leaves a trace.
    fn step(&mut self) {
        self.playing = false;
        self.waiting = None;
        self.passing = None;
        let Some(run) = &mut self.run else { return };
        let limit = run.lab.now() + LOOK_AHEAD;
        let stepped = run.lab.step(limit);
        self.notice = if stepped { None } else { Some(Notice::NothingDue) };
        self.follow();
        self.after_run();
    }

    fn skip_ahead(&mut self) {
        let kind = self.skip;
        let Some(run) = &mut self.run else { return };
        let limit = run.lab.now() + LOOK_AHEAD;
        let found = run.lab.run_until_fact(limit, |event| kind.matches(&event.fact));
        self.notice = if found.is_some() { None } else { Some(Notice::NoneCame(kind)) };
        self.playing = false;
        self.waiting = None;
        self.passing = None;
        self.after_jump();
        if let Some(id) = found {
            self.select_event(id);
        }
    }

    fn jump(&mut self, go: impl FnOnce(&mut Lab)) {
        let Some(run) = &mut self.run else { return };
        self.playing = false;
        self.waiting = None;
        self.passing = None;
        self.notice = None;
        go(&mut run.lab);
        self.after_jump();
    }

    /// Takes in what the run noted while it went forward.
    pub(crate) fn after_run(&mut self) {
        let Some(run) = &mut self.run else { return };
        let fresh = run.scan.take_in(run.lab.trace());
        if !self.calm {
            for event in &run.lab.trace()[fresh..] {
                self.flying.add(event, &run.shown.layout, &run.scan.tags);
            }
        }
    }

    /// Takes in another moment of the run.
    fn after_jump(&mut self) {
        self.follow();
        let Some(run) = &mut self.run else { return };
        run.scan.take_in(run.lab.trace());
        run.scan.forget_announcements();
        self.refresh();
        let Some(run) = &mut self.run else { return };
        self.flying.clear();
        if !self.calm {
            self.flying.rebuild(&run.shown.view, &run.shown.layout, &run.scan.tags);
        }
    }

    /// Reads the view anew.
    pub(crate) fn refresh(&mut self) {
        self.since_refresh = 0;
        self.version += 1;
        self.tell();
        let (version, stage, calm) = (self.version, self.stage, self.calm);
        if let Some(beside) = self.beside_mut() {
            beside.refresh(version, stage, calm);
        }
        let texts = self.lang.texts();
        let Some(run) = &mut self.run else { return };
        if self.since_announcement >= ANNOUNCE_MS
            && let Some(text) = run.scan.announcement(texts)
        {
            self.announced = text;
            self.since_announcement = 0;
        }
        run.scan.take_in(run.lab.trace());
        run.events.take_in(run.lab.trace());
        run.transcript.take_in(run.lab.trace());
        let view = run.lab.view(size::WINDOW);
        let shown = Shown::of(self.version, view, &run.lab, &run.scan, run.id, self.stage);
        if shown.layout != run.shown.layout {
            self.flying.relayout(&shown.layout);
        }
        self.flying.reconcile(&shown.view);
        run.shown = Rc::new(shown);
        self.refresh_message();
        let Some(run) = &self.run else { return };
        if self.menu.as_ref().is_some_and(|node| !run.shown.has_node(node)) {
            self.menu = None;
        }
    }

    fn resize(&mut self, width: f64, height: f64) -> bool {
        if self.stage == (width, height) {
            return false;
        }
        self.stage = (width, height);
        self.refresh();
        true
    }

    fn select(&mut self, selection: Selection) {
        self.menu = None;
        self.selection = Some(selection);
        if self.lesson().is_some() {
            self.inspector_folded = false;
        }
    }

    fn select_event(&mut self, id: EventId) {
        let Some(run) = &self.run else { return };
        let Some(event) = run.lab.trace().get(id.index()) else { return };
        self.chain = run.lab.causes(id).into_iter().cloned().collect();
        self.chain_of = Some(id);
        let message = event.fact.unique_key().map(|key| Selection::Message(ArcStr::clone(key)));
        let selection = message.or_else(|| event.node.clone().map(Selection::Node));
        if selection.is_some() {
            self.selection = selection;
        }
    }

    fn toggle_menu(&mut self, node: NodeId) {
        self.menu = if self.menu.as_ref() == Some(&node) {
            None
        } else {
            self.selection = Some(Selection::Node(node.clone()));
            Some(node)
        };
    }

    fn filter(&mut self, filter: events::Filter) {
        if let Some(run) = &mut self.run {
            run.events.set_filter(filter);
        }
    }

    fn scroll_events(&mut self, first: usize, rows: usize, at_end: bool) -> bool {
        self.run.as_mut().is_some_and(|run| run.events.set_window(first, rows, at_end))
    }

    /// The present moment; zero without a run.
    pub fn now(&self) -> Instant {
        self.run.as_ref().map_or(Instant::ZERO, |run| run.lab.now())
    }

    /// Whether a command could be carried out now.
    pub(crate) fn accepts(&self, command: &Command) -> bool {
        self.run.as_ref().is_some_and(|run| run.lab.check(command).is_ok())
    }
}

#[cfg(test)]
mod tests;
