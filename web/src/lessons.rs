//! The lessons that come with the page: the files of `web/lessons`, read once.

use std::rc::Rc;
use std::sync::Arc;

use lab_core::lesson::{Lesson, Source};

/// Puts the files of the named folders into the page.
macro_rules! sources {
    ($($folder:literal)+) => {
        /// The folders of `web/lessons`, in the order of the curriculum.
        pub const FOLDERS: &[&str] = &[$($folder),+];
        const SOURCES: &[Source<'static>] = &[$(
            Source {
                manifest: include_str!(concat!("../lessons/", $folder, "/lesson.toml")),
                zh: include_str!(concat!("../lessons/", $folder, "/zh.md")),
                en: include_str!(concat!("../lessons/", $folder, "/en.md")),
            },
        )+];
    };
}

sources! {
    "0.1-ahead"
    "2.1-queue"
    "2.2-tags"
    "2.3-order"
    "2.4-ids"
    "3.1-first-message"
    "3.2-strangers"
    "3.3-third-name-server"
    "3.4-heartbeats"
    "3.5-three-ways"
    "3.6-whom-to-ask"
    "4.1-next-queue"
    "4.2-retry"
    "5.1-broadcast"
    "5.2-share"
    "5.4-many-groups"
    "5.5-one-subscription"
    "5.6-same-id"
    "7.1-pair"
    "7.2-master-dies"
    "8.3-read-write"
    "8.4-shrink"
    "8.5-permissions"
    "9.1-next"
    "9.2-at-least-once"
    "9.4-new-group"
    "9.5-settled"
    "I1-no-route"
    "I2-half-missing"
    "I4-negative-diff"
    "I7-depth-zero"
}

/// All lessons and incidents that come with the page.
#[derive(Clone, Debug)]
pub struct Library {
    lessons: Rc<[Arc<Lesson>]>,
}

impl PartialEq for Library {
    /// There is one for the whole visit.
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.lessons, &other.lessons)
    }
}

impl Library {
    /// Reads the files. A lesson with a mistake does not get this far: the build checks them all.
    pub fn load() -> Self {
        Self {
            lessons: SOURCES.iter().filter_map(|source| Lesson::read(*source).ok()).map(Arc::new).collect(),
        }
    }

    /// In the order of the curriculum; incidents last.
    pub fn lessons(&self) -> &[Arc<Lesson>] {
        &self.lessons
    }

    /// The lesson of this id.
    pub fn by_id(&self, id: &str) -> Option<&Arc<Lesson>> {
        self.lessons.iter().find(|lesson| &*lesson.id == id)
    }

    /// The files of a lesson, to send on or to learn from.
    pub fn source(id: &str) -> Option<Source<'static>> {
        let place = FOLDERS.iter().position(|folder| folder.split('-').next() == Some(id))?;
        SOURCES.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_in_the_page_and_can_be_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons");
        let entries = std::fs::read_dir(folder).expect("the folder of the lessons");
        let mut there: Vec<_> = entries
            .map(|entry| entry.expect("an entry"))
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().into_string().expect("a plain name"))
            .collect();
        let mut known: Vec<_> = FOLDERS.iter().map(ToString::to_string).collect();
        there.sort();
        known.sort();
        assert_eq!(there, known);
        let library = Library::load();
        assert_eq!(library.lessons().len(), FOLDERS.len());
        for (lesson, folder) in library.lessons().iter().zip(FOLDERS) {
            assert_eq!(folder.split('-').next(), Some(&*lesson.id));
        }
    }
}
