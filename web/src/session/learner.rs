//! What the page does with a learner's record: the name, files that are taken in, the teacher's sheet.

use std::rc::Rc;

use super::Session;
use super::lesson::is_lesson;
use crate::files::{Text, Unreadable};
use crate::progress::sheet::{Sheet, Unread};
use crate::progress::{Damage, FORMAT, LARGEST, Record};
use crate::session::Notice;

/// What the browser told about the map, the record and the sheet.
#[derive(Clone, Debug, PartialEq)]
pub enum MapMsg {
    /// The learner's name was edited.
    Name(String),
    /// The record is to be saved as a file.
    Save,
    /// A file is to be chosen and taken in.
    Choose,
    /// What was set aside is to be saved as a file.
    SaveAside,
    /// What was set aside may be deleted.
    ForgetAside,
    /// The notice was closed.
    CloseNotice,
    /// The teacher's sheet was opened.
    OpenSheet,
    /// The sheet was left; its files stay until the page is closed.
    CloseSheet,
    /// Files for the sheet are to be chosen.
    ChooseForSheet,
    /// The sheet is to be emptied.
    ClearSheet,
    /// The order of the sheet was chosen: most often wrong first, or as the lessons stand.
    ByWrong(bool),
}

/// Something to tell on the front page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapNotice {
    /// A file was taken in.
    TakenIn(String),
    /// A file could not be taken in.
    Unread(String, Unread),
    /// So many files were put into the sheet, which is not open.
    InSheet(usize),
    /// Own record and file are too large together.
    TooMuch,
    /// The browser does not keep the record.
    NotKept,
}

/// A record that the browser had kept and that this page cannot use.
#[derive(Clone, Debug, PartialEq)]
pub struct Aside {
    /// Its text, unchanged.
    pub text: String,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What the front page shows beside the lessons.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapState {
    /// What there is to tell.
    pub notice: Option<MapNotice>,
    /// What was set aside.
    pub aside: Option<Aside>,
    /// The teacher's files.
    pub sheet: Rc<Sheet>,
    /// Whether the sheet is open.
    pub is_sheet_open: bool,
}

impl Session {
    /// Takes in what the browser had kept: the record's text, and what was set aside in an earlier visit. Answers the text
    /// that has to be set aside now.
    pub fn take_in_kept(&mut self, kept: Option<String>, aside: Option<String>) -> Option<String> {
        if let Some(text) = aside {
            match Record::read(&text) {
                // It came from a later page, and the page has caught up.
                Ok(record) => {
                    self.record.merge(record);
                    self.record_changed = true;
                }
                Err(damage) => self.map.aside = Some(Aside { text, damage }),
            }
        }
        let text = kept?;
        match Record::read(&text) {
            Ok(record) => {
                let earlier = std::mem::replace(&mut self.record, record);
                self.record.merge(earlier);
                None
            }
            Err(damage) => {
                self.map.aside = Some(Aside { text: text.clone(), damage });
                Some(text)
            }
        }
    }

    /// Takes in what another window of the page has stored; false when it cannot be read and has to be set aside.
    pub fn take_in_other_window(&mut self, text: &str) -> bool {
        match Record::read(text) {
            Ok(record) => self.record.merge(record),
            Err(damage) => {
                self.map.aside = Some(Aside { text: text.to_owned(), damage });
                return false;
            }
        }
        true
    }

    pub(super) fn map(&mut self, msg: MapMsg) {
        match msg {
            MapMsg::Name(name) => {
                self.record.set_name(&name);
                self.record_changed = true;
            }
            MapMsg::ForgetAside => self.map.aside = None,
            MapMsg::CloseNotice => self.map.notice = None,
            MapMsg::OpenSheet => self.map.is_sheet_open = true,
            MapMsg::CloseSheet => self.map.is_sheet_open = false,
            MapMsg::ClearSheet => self.map.sheet = Rc::default(),
            MapMsg::ByWrong(by_wrong) => Rc::make_mut(&mut self.map.sheet).by_wrong = by_wrong,
            // The page asks the browser for these.
            MapMsg::Save | MapMsg::Choose | MapMsg::SaveAside | MapMsg::ChooseForSheet => {}
        }
    }

    /// Takes in files that were chosen or dropped: into the sheet while it is open; else one record becomes part of the
    /// learner's own, and several are a class.
    pub(super) fn take_files(&mut self, files: Vec<Text>) {
        if self.run.is_none() && self.map.is_sheet_open {
            Rc::make_mut(&mut self.map.sheet).add(files);
            return;
        }
        if is_lesson(&files) {
            self.open_files(&files);
            return;
        }
        let (mut records, others): (Vec<Text>, Vec<Text>) = files.into_iter().partition(is_record);
        match records.len() {
            0 => {}
            1 => {
                if let Some((name, Ok(text))) = records.pop() {
                    self.take_in_record(name, &text);
                }
            }
            several => {
                Rc::make_mut(&mut self.map.sheet).add(records);
                // A class is looked at from the front page, not in the middle of a run.
                self.map.is_sheet_open = self.run.is_none();
                self.map.notice = self.run.as_ref().map(|_| MapNotice::InSheet(several));
            }
        }
        if !others.is_empty() {
            self.take_other_files(others);
        }
        if self.run.is_some() {
            self.notice = self.map.notice.take().map(Notice::Map);
        }
    }

    /// Files that are no records.
    fn take_other_files(&mut self, files: Vec<Text>) {
        let Some((name, text)) = files.into_iter().next() else { return };
        let why = match text {
            Err(why) => Unread::File(why),
            Ok(text) => match Record::read(&text) {
                Err(damage) => Unread::Record(damage),
                Ok(_) => return,
            },
        };
        self.map.notice = Some(MapNotice::Unread(name, why));
    }

    fn take_in_record(&mut self, name: String, text: &str) {
        self.map.notice = Some(match Record::read(text) {
            Err(damage) => MapNotice::Unread(name, Unread::Record(damage)),
            Ok(record) => {
                let mut merged = self.record.clone();
                merged.merge(record);
                if merged.to_text().len() > LARGEST {
                    MapNotice::TooMuch
                } else {
                    self.record = merged;
                    self.record_changed = true;
                    MapNotice::TakenIn(name)
                }
            }
        });
    }

    /// The name of the file that the record is saved as.
    pub fn record_file(&self) -> String {
        let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
        let name: String = self.record.name().trim().chars().map(plain).collect();
        let tail = if name.is_empty() { String::new() } else { format!("-{name}") };
        format!("rocketmq-lab-progress{tail}.json")
    }

    /// The browser did not keep the record.
    pub fn note_not_kept(&mut self) {
        // Once beside a run; it would come back with every step otherwise.
        if self.run.is_some() && self.map.notice != Some(MapNotice::NotKept) {
            self.notice = Some(Notice::Map(MapNotice::NotKept));
        }
        self.map.notice = Some(MapNotice::NotKept);
    }
}

/// Whether a file means to be a record, sound or not.
fn is_record((_, text): &Text) -> bool {
    match text {
        Ok(text) => text.contains(FORMAT),
        Err(
            Unreadable::TooLarge { .. } | Unreadable::NotText | Unreadable::Refused | Unreadable::TooMany,
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Entry;
    use crate::session::{Msg, Theme};
    use crate::text::Lang;

    fn record(id: &str) -> String {
        let mut record = Record::default();
        record.set(id, Entry::default());
        record.to_text()
    }

    fn session() -> Session {
        Session::new(Lang::En, Theme::System)
    }

    #[test]
    fn a_damaged_record_is_set_aside_and_the_page_begins_anew() {
        let mut session = session();
        let aside = session.take_in_kept(Some("{".to_owned()), None);
        assert_eq!(aside.as_deref(), Some("{"));
        assert!(session.record.is_empty());
        assert!(matches!(&session.map.aside, Some(Aside { damage: Damage::NotJson { .. }, .. })));
        session.update(Msg::Map(MapMsg::ForgetAside));
        assert_eq!(session.map.aside, None);
    }

    #[test]
    fn what_was_set_aside_comes_back_when_the_page_can_read_it() {
        let mut session = session();
        assert_eq!(session.take_in_kept(Some(record("0.1")), Some(record("3.4"))), None);
        assert_eq!(session.record.entries().count(), 2);
        assert!(session.record_changed && session.map.aside.is_none());
    }

    #[test]
    fn one_file_is_taken_in_and_several_are_a_class() {
        let mut session = session();
        session.update(Msg::Files(vec![("me.json".to_owned(), Ok(record("0.1")))]));
        assert_eq!(session.map.notice, Some(MapNotice::TakenIn("me.json".to_owned())));
        assert!(session.record.entry("0.1").is_some() && session.record_changed);
        let files = ["a", "b"].map(|name| (name.to_owned(), Ok(record("3.4"))));
        session.update(Msg::Files(files.into()));
        assert!(session.map.is_sheet_open);
        assert_eq!(session.map.sheet.pupils.len(), 2);
        assert!(session.record.entry("3.4").is_none(), "a class is not one's own");
    }

    #[test]
    fn what_another_window_reached_is_not_overwritten() {
        let mut session = session();
        session.record.set("0.1", Entry::default());
        assert!(session.take_in_other_window(&record("3.4")));
        assert!(!session.take_in_other_window("{"));
        assert!(session.map.aside.is_some());
        assert_eq!(session.record.entries().count(), 2);
    }

    #[test]
    fn files_dropped_on_a_run_are_told_of_beside_it() {
        let mut session = session();
        session.update(Msg::OpenLab(crate::labs::LabId::Flow));
        let files = ["a", "b"].map(|name| (name.to_owned(), Ok(record("3.4"))));
        session.update(Msg::Files(files.into()));
        assert_eq!(session.notice, Some(Notice::Map(MapNotice::InSheet(2))));
        assert!(session.run.is_some() && session.map.notice.is_none() && !session.map.is_sheet_open);
    }

    #[test]
    fn a_file_that_is_nothing_of_ours_gets_a_sentence() {
        let mut session = session();
        session.update(Msg::Files(vec![("photo.jpg".to_owned(), Err(Unreadable::NotText))]));
        let unread = Unread::File(Unreadable::NotText);
        assert_eq!(session.map.notice, Some(MapNotice::Unread("photo.jpg".to_owned(), unread)));
    }
}
