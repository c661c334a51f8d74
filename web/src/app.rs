//! The page as a whole: it hands the browser's signals to the [`Session`], draws what the session shows, and paints
//! what flies.

use std::rc::Rc;

use lab_core::id::NodeId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, KeyboardEvent};
use yew::prelude::*;

use crate::clock::{self, Frames, Listener, Size};
use crate::panels::command_bar::CommandBar;
use crate::panels::comparison::{BackToTable, ComparisonView};
use crate::panels::console::Console;
use crate::panels::dialog::Modal;
use crate::panels::events::{Events, Filters};
use crate::panels::front::{Front, Reached, plain, prose};
use crate::panels::header::Header;
use crate::panels::inspector::Inspector;
use crate::panels::lesson::LessonPanel;
use crate::panels::look::Look;
use crate::panels::sheet::SheetView;
use crate::panels::tabs::Tabs;
use crate::panels::timeline::Timeline;
use crate::panels::versions::VersionsOfRun;
use crate::progress::LARGEST;
use crate::session::actions::Action;
use crate::session::comparison::CompareMsg;
use crate::session::console::history::History;
use crate::session::{Dialog, LessonMsg, MapMsg, Msg, Notice, Panel, Run, Selection, Session, Shown, Theme};
use crate::stage::Stage;
use crate::stage::canvas::{CanvasPainter, Ink, Painter};
use crate::{clipboard, crash, files, storage};

/// The largest file of a lesson in bytes.
const LARGEST_LESSON: u64 = 1 << 20;

/// Puts the page into the document.
pub fn start() {
    crash::install();
    yew::Renderer::<App>::new().render();
}

/// The page.
pub struct App {
    session: Session,
    frames: Option<Frames>,
    listeners: Vec<Listener>,
    size: Option<Size>,
    painter: Option<CanvasPainter>,
    painter_beside: Option<CanvasPainter>,
    /// Whether the record may be stored: not over one that could not be set aside.
    may_store: bool,
    /// The record as this page has last read or written it.
    stored: Option<String>,
    frame: NodeRef,
    canvas_beside: NodeRef,
    canvas: NodeRef,
    on: Callback<Msg>,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let on = ctx.link().callback(|msg| msg);
        let mut listeners = Vec::new();
        let send = on.clone();
        listeners.extend(clock::keys(move |event| match message_of_key(event) {
            Some(msg) => {
                send.emit(msg);
                true
            }
            None => false,
        }));
        let send = on.clone();
        let narrow = clock::media("(max-width: 900px)", move |narrow| {
            send.emit(Msg::Compare(CompareMsg::Narrow(narrow)))
        });
        listeners.extend(narrow);
        let send = on.clone();
        let motion =
            clock::media("(prefers-reduced-motion: reduce)", move |calm| send.emit(Msg::ReducedMotion(calm)));
        listeners.extend(motion);
        let send = on.clone();
        listeners.extend(files::dropped(LARGEST as u64, move |files| send.emit(Msg::Files(files))));
        let mut session = Session::new(storage::lang(), storage::theme());
        session.console.history = History::from_text(&storage::history());
        session.projector = storage::projector();
        let stored = storage::progress();
        let damaged = session.take_in_kept(stored.clone(), storage::aside());
        let may_store = damaged.is_none_or(|text| storage::set_aside(&text));
        Self {
            session,
            frames: None,
            listeners,
            may_store,
            stored,
            size: None,
            painter: None,
            painter_beside: None,
            frame: NodeRef::default(),
            canvas_beside: NodeRef::default(),
            canvas: NodeRef::default(),
            on,
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        debug_assert!(self.listeners.len() <= 5, "listeners are made once");
        let is_frame = matches!(msg, Msg::Frame(_));
        let stores = matches!(msg, Msg::SetLang(_) | Msg::SetTheme(_));
        let sends = matches!(msg, Msg::RunLine);
        let projects = matches!(msg, Msg::SetProjector(_));
        if let Msg::Map(msg) = &msg {
            self.ask_browser(msg);
        }
        if let Msg::Lesson(msg) = &msg {
            self.lesson_files(msg);
        }
        if let Msg::Copy(ordered) = msg
            && let Some(output) = self.session.output_of(ordered)
        {
            clipboard::copy(&output);
        }
        let redraw = self.session.update(msg);
        if sends {
            storage::remember_history(&self.session.console.history.to_text());
        }
        if projects {
            storage::remember_projector(self.session.projector);
        }
        self.store_record();
        if stores {
            storage::remember(self.session.lang, self.session.theme);
        }
        if !is_frame {
            crash::remember(&self.session.recording_text().unwrap_or_default());
        }
        self.run_clock(ctx);
        self.paint();
        redraw
    }

    fn view(&self, _ctx: &Context<Self>) -> Html {
        let session = &self.session;
        let texts = session.texts();
        let run = session.run.as_ref();
        let problem = match &session.notice {
            Some(Notice::BadRecording(why)) => Some(why.clone()),
            _ => None,
        };
        let board = session.board();
        html! {
            <>
                <a class="skip-link" href="#main">{ texts.skip_link }</a>
                <Header {texts} lang={session.lang} theme={session.theme} projector={session.projector} open={run.map(|run| run.id).or(board.as_ref().map(|board| board.lab))}
                    version={run.map(|run| run.shown.view.profile.version())} on={self.on.clone()} />
                { match run {
                    None if board.is_some() => html! {
                        { for board.map(|board| html! { <ComparisonView {texts} {board} narrow={session.narrow} on={self.on.clone()} /> }) }
                    },
                    None if session.map.is_sheet_open => html! {
                        <SheetView {texts} lang={session.lang} library={session.library.clone()}
                            sheet={Rc::clone(&session.map.sheet)} on={self.on.clone()} />
                    },
                    None => html! {
                        <Front {texts} lang={session.lang} profile={session.profile} {problem} library={session.library.clone()}
                            reached={Reached::of(&session.record, &session.library)} notice={session.map.notice.clone()}
                            aside={session.map.aside.as_ref().map(|aside| aside.damage.clone())} on={self.on.clone()} />
                    },
                    Some(run) => self.lab(run),
                } }
                <div class="hidden" aria-live="polite" data-testid="live">{ &session.announced }</div>
                if let Some(dialog) = session.dialog.clone() {
                    <Modal {texts} profile={run.map_or(session.profile, |run| run.shown.view.profile)} on_real_cluster={session.form_on_real_cluster()} versions={self.versions(&dialog)} {dialog} on={self.on.clone()} />
                }
            </>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, _first: bool) {
        self.mark_document();
        self.watch_size();
        self.run_clock(ctx);
        self.paint();
    }
}

impl App {
    fn lab(&self, run: &Run) -> Html {
        let session = &self.session;
        let texts = session.texts();
        let shown: Rc<Shown> = Rc::clone(&run.shown);
        let menu = session.menu.clone().map(|node| {
            let actions: Rc<[Action]> = session.actions(&node).into();
            (node, actions)
        });
        let selected = match &session.selection {
            Some(Selection::Node(node)) => Some(node),
            _ => None,
        };
        let actions: Rc<[Action]> = selected.map(|node| session.actions(node)).unwrap_or_default().into();
        let menu_open = selected.is_some() && selected == session.menu.as_ref();
        let message = session.message_detail();
        html! {
            <main class={classes!("lab-screen", session.inspector_folded.then_some("wide"), run.lesson.as_ref().map(|_| "with-lesson"), session.is_locked().then_some("locked"))} id="main">
                { self.lesson(run) }
                <div class="middle">
                    { for session.variant_on_stage().map(|variant| html! {
                        <BackToTable {texts} name={(texts.comparison.variant)(variant).name} on={self.on.clone()} /> }) }
                    <Look {texts} id={run.id} place={session.look} on={self.on.clone()} />
                    { self.stages(run, menu) }
                    <div class={classes!("bottom", format!("with-{}", session.panel.word()), session.panels_folded.then_some("folded"))}>
                        <Timeline shown={Rc::clone(&shown)} {texts} playing={session.playing} speed={session.playback.speed_index()}
                            skip={session.skip} on={self.on.clone()} />
                        { self.panel(run) }
                        <CommandBar {texts} line={session.line.clone()} popup={session.console.popup.clone()} called={session.console.called} can_complete={session.can_complete()} problem={session.problem.clone()}
                            notice={session.notice.clone()} later={shown.later} on={self.on.clone()} />
                    </div>
                </div>
                <Inspector {shown} {texts} selection={session.selection.clone()} {actions} {menu_open} {message} folded={session.inspector_folded} on={self.on.clone()} />
            </main>
        }
    }

    /// The panel of the lesson that is open.
    fn lesson(&self, run: &Run) -> Html {
        let session = &self.session;
        let Some(lesson) = &run.lesson else { return Html::default() };
        let known: Rc<[_]> = session.library.lessons().iter().map(|it| it.id.clone()).collect();
        let place = known.iter().position(|id| *id == lesson.player.lesson().id);
        let next = place.filter(|_| !lesson.is_own).and_then(|place| known.get(place + 1).cloned());
        html! {
            <LessonPanel version={run.shown.version} texts={session.texts()} lang={session.lang} player={Rc::new(lesson.player.clone())}
                told={session.what_is_told().unwrap_or_default()} choice={lesson.choice.clone()} sure={lesson.sure}
                playing={lesson.playing.as_ref().map(|playing| playing.progress())} went_back={lesson.went_back}
                is_own={lesson.is_own} {known} {next} on={self.on.clone()} />
        }
    }

    /// The stage; in a lesson that compares two runs, both.
    fn stages(&self, run: &Run, menu: Option<(NodeId, Rc<[Action]>)>) -> Html {
        let session = &self.session;
        let texts = session.texts();
        let stage = |caption: Option<Html>| {
            html! {
                <Stage shown={Rc::clone(&run.shown)} {texts} selection={session.selection.clone()} menu={menu.clone()} on={self.on.clone()}
                    frame={self.frame.clone()} canvas={self.canvas.clone()} {caption} />
            }
        };
        let beside = run.lesson.as_ref().and_then(|lesson| Some((lesson, lesson.beside.as_ref()?)));
        let Some((lesson, beside)) = beside else { return stage(None) };
        let prose = prose(lesson.player.lesson(), session.lang);
        let side = |part: &str| Some(html! { plain(prose.text(&format!("beside/side: {part}"))) });
        let refused = beside.refused.as_ref().map(|why| (texts.lesson.beside_refused)(why));
        html! {
            <div class="two-stages" data-testid="two-stages">
                { stage(side("here")) }
                <div class="beside">
                    <Stage shown={Rc::clone(&beside.shown)} {texts} selection={None::<Selection>} menu={None::<(NodeId, Rc<[Action]>)>} on={Callback::noop()}
                        frame={NodeRef::default()} canvas={self.canvas_beside.clone()} caption={side("there")} is_beside=true />
                    if let Some(refused) = refused { <p class="error" role="status">{ refused }</p> }
                </div>
            </div>
        }
    }

    /// The tabs below the timeline with the panel that is chosen.
    fn panel(&self, run: &Run) -> Html {
        let session = &self.session;
        let texts = session.texts();
        let panel = session.panel;
        let (beside, inside) = match panel {
            Panel::Console => {
                let (older, entries) = session.transcript();
                let copied = session.console.copied;
                (
                    Html::default(),
                    html! { <Console {texts} {older} {entries} {copied} on={self.on.clone()} /> },
                )
            }
            Panel::Events => {
                let (first, rows) = session.event_rows();
                let nodes = run.shown.nodes().map(|node| node.id.clone()).collect::<Vec<_>>();
                let total = run.events.len();
                let filters = html! { <Filters {texts} filter={run.events.filter().clone()} {nodes} {total} on={self.on.clone()} /> };
                let list = html! {
                    <Events {texts} {total} {first} rows={Rc::from(rows)} follow={run.events.follows()}
                        selected={session.chain_of} chain={Rc::clone(&session.chain)} on={self.on.clone()} />
                };
                (filters, list)
            }
        };
        let folded = session.panels_folded;
        html! {
            <section class="events" aria-label={texts.panels}>
                <Tabs {texts} {panel} {folded} on={self.on.clone()}>{ if folded { Html::default() } else { beside } }</Tabs>
                if !folded { <div id="panel" class="panel" role="tabpanel" aria-labelledby={format!("tab-{}", panel.word())}>{ inside }</div> }
            </section>
        }
    }

    /// Does what only the browser can: files that are saved or chosen, what it keeps.
    fn ask_browser(&self, msg: &MapMsg) {
        const KIND: &str = "application/json";
        let choose = |several| {
            let on = self.on.clone();
            let accept = format!(".json,{KIND}");
            files::choose(&accept, several, LARGEST as u64, move |files| on.emit(Msg::Files(files)));
        };
        match msg {
            MapMsg::Save => files::save(&self.session.record_file(), KIND, &self.session.record.to_text()),
            MapMsg::SaveAside => {
                if let Some(aside) = &self.session.map.aside {
                    files::save("rocketmq-lab-progress-set-aside.json", KIND, &aside.text);
                }
            }
            MapMsg::ForgetAside => storage::forget_aside(),
            MapMsg::Choose => choose(false),
            MapMsg::ChooseForSheet => choose(true),
            _ => {}
        }
    }

    /// What a teacher wants of the browser: the files of a lesson, or a lesson as one file.
    fn lesson_files(&self, msg: &LessonMsg) {
        match msg {
            LessonMsg::ChooseFiles => {
                let on = self.on.clone();
                files::choose(".toml,.md,.txt,.lesson", true, LARGEST_LESSON, move |files| {
                    on.emit(Msg::Files(files))
                });
            }
            LessonMsg::SavePacked => {
                if let Some(Dialog::Workshop(workshop)) = &self.session.dialog {
                    files::save("rocketmq-lab.lesson", "text/plain", &workshop.packed);
                }
            }
            _ => {}
        }
    }

    /// Keeps the record when it has changed.
    fn store_record(&mut self) {
        if !std::mem::take(&mut self.session.record_changed) {
            return;
        }
        // A second window of the page may have written since; what was reached there is not lost either.
        let there = storage::progress();
        if self.may_store && there != self.stored {
            let damaged = there.filter(|text| !self.session.take_in_other_window(text));
            self.may_store = damaged.is_none_or(|text| storage::set_aside(&text));
        }
        let text = self.session.record.to_text();
        if self.may_store && storage::remember_progress(&text) {
            self.stored = Some(text);
        } else {
            self.session.note_not_kept();
        }
    }

    /// What the dialog about the versions needs of the run.
    fn versions(&self, dialog: &Dialog) -> Option<VersionsOfRun> {
        let run = self.session.run.as_ref().filter(|_| *dialog == Dialog::Versions)?;
        let (own_commands, seen) = (self.session.own_commands(), self.session.seen_differences());
        Some(VersionsOfRun { profile: run.lab.setup().profile, own_commands, seen })
    }

    /// Lets the clock run exactly while something moves.
    fn run_clock(&mut self, ctx: &Context<Self>) {
        if !self.session.needs_frames() {
            self.frames = None;
        } else if self.frames.is_none() {
            let on = ctx.link().callback(Msg::Frame);
            self.frames = Some(Frames::start(move |elapsed| on.emit(elapsed)));
        }
    }

    fn watch_size(&mut self) {
        match self.frame.cast::<Element>() {
            None => self.size = None,
            Some(element) if self.size.as_ref().is_some_and(|size| size.is_on(&element)) => {}
            Some(element) => {
                let on = self.on.clone();
                self.size = Size::watch(element, move |width, height| {
                    // Where the page is one long column the stage is as high as it has to be.
                    let endless = clock::media_matches("(max-width: 900px)");
                    on.emit(Msg::StageSize(width, if endless { f64::INFINITY } else { height }));
                });
            }
        }
    }

    fn paint(&mut self) {
        let (Some(canvas), Some(shown)) = (self.canvas.cast::<HtmlCanvasElement>(), self.session.shown())
        else {
            self.painter = None;
            return;
        };
        if !self.painter.as_ref().is_some_and(|painter| painter.is_on(&canvas)) {
            self.painter = CanvasPainter::new(canvas);
        }
        let ink = if is_dark(self.session.theme) { Ink::DARK } else { Ink::LIGHT };
        if let Some(painter) = &mut self.painter {
            painter.paint(&self.session.flying.dots(), shown.layout.width, shown.layout.height, ink);
        }
        self.paint_beside(ink);
    }

    fn paint_beside(&mut self, ink: Ink) {
        let canvas = self.canvas_beside.cast::<HtmlCanvasElement>();
        let beside = self.session.lesson().and_then(|lesson| lesson.beside.as_ref());
        let (Some(canvas), Some(beside)) = (canvas, beside) else {
            self.painter_beside = None;
            return;
        };
        if !self.painter_beside.as_ref().is_some_and(|painter| painter.is_on(&canvas)) {
            self.painter_beside = CanvasPainter::new(canvas);
        }
        if let Some(painter) = &mut self.painter_beside {
            let layout = &beside.shown.layout;
            painter.paint(&beside.flying.dots(), layout.width, layout.height, ink);
        }
    }

    /// The document's language, theme and title follow the session.
    fn mark_document(&self) {
        let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
        document.set_title(self.session.texts().page_title);
        if let Some(root) = document.document_element() {
            // Attributes with fixed names are never refused.
            let _ = root.set_attribute("lang", self.session.lang.code());
            let _ = root.set_attribute("data-theme", self.session.theme.word());
            let _ = root.set_attribute("data-projector", if self.session.projector { "on" } else { "off" });
        }
    }
}

fn is_dark(theme: Theme) -> bool {
    match theme {
        Theme::Dark => true,
        Theme::Light => false,
        Theme::System => clock::media_matches("(prefers-color-scheme: dark)"),
    }
}

/// What a key means, unless it is typed into a field or a dialog.
fn message_of_key(event: &KeyboardEvent) -> Option<Msg> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    let inside =
        |selector: &str| target.as_ref().is_some_and(|it| it.closest(selector).ok().flatten().is_some());
    let key = event.key();
    if key == "Escape" {
        return (!inside("dialog")).then_some(Msg::CloseMenu);
    }
    if inside("dialog, input, select, textarea, [role=tablist], pre") {
        return None;
    }
    match key.as_str() {
        " " if !inside("button, summary, a") => Some(Msg::PlayPause),
        "ArrowRight" => Some(Msg::Step),
        "ArrowLeft" => Some(Msg::StepBack),
        "Home" => Some(Msg::ToStart),
        _ => None,
    }
}
