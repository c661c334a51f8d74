//! The front page: what this is, the way into the lessons, and the labs one click away.

mod labs;
mod map;
mod notices;

pub(crate) use self::map::{plain, prose};
pub(super) use self::notices::{sentence, told};

use arcstr::ArcStr;

use lab_core::config::Profile;
use yew::prelude::*;

use crate::lessons::Library;
use crate::progress::{Damage, LessonState, Record};
use crate::session::{MapNotice, Msg};
use crate::text::{Lang, Texts};

/// What the front page shows of the learner's record; far smaller than the record, which holds whole runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// How far each lesson is, in the order of the library.
    pub states: Vec<LessonState>,
    /// The lesson to do next.
    pub next: Option<ArcStr>,
    /// The name that the learner has entered.
    pub name: AttrValue,
}

impl Reached {
    /// What a record says about the lessons of the page.
    pub fn of(record: &Record, library: &Library) -> Self {
        Self {
            states: library.lessons().iter().map(|lesson| record.state(&lesson.id)).collect(),
            next: record.next(library).map(|lesson| ArcStr::clone(&lesson.id)),
            name: record.name().to_owned().into(),
        }
    }

    /// Whether nothing was begun yet.
    pub fn is_first_visit(&self) -> bool {
        self.states.iter().all(|state| *state == LessonState::New)
    }
}

/// What the front page is drawn from.
#[derive(Clone, PartialEq, Properties)]
pub struct FrontProps {
    /// The words.
    pub texts: &'static Texts,
    /// The language, in which the lessons are titled.
    pub lang: Lang,
    /// The version for the next lab.
    pub profile: Profile,
    /// A recording that could not be read.
    pub problem: Option<String>,
    /// The lessons.
    pub library: Library,
    /// What was reached.
    pub reached: Reached,
    /// What there is to tell.
    pub notice: Option<MapNotice>,
    /// What is wrong with a record that was set aside.
    pub aside: Option<Damage>,
    /// Where to tell what was clicked.
    pub on: Callback<Msg>,
}

impl FrontProps {
    fn send(&self, msg: Msg) -> Callback<MouseEvent> {
        let on = self.on.clone();
        Callback::from(move |_| on.emit(msg.clone()))
    }
}

/// The front page.
#[component]
pub fn Front(props: &FrontProps) -> Html {
    let texts = props.texts;
    let has_lessons = !props.library.lessons().is_empty();
    html! {
        <main class="front" id="main">
            <h1>{ texts.lead }</h1>
            <p class="sub">{ texts.sub_lead }</p>
            if let Some(problem) = &props.problem { <p class="error" role="alert">{ problem }</p> }
            { notices::notices(props) }
            if has_lessons {
                { map::way_in(props) }
                { map::map(props) }
                <h2 class="part">{ texts.map.ready_labs }</h2>
                <p class="muted">{ texts.map.ready_labs_note }</p>
            }
            { labs::labs(props) }
            if has_lessons { { map::own(props) } }
            <p class="foot">{ texts.front_foot }</p>
        </main>
    }
}
