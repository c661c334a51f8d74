//! A lesson from somebody's disk: what is wrong with it, or the lesson itself.

use std::sync::Arc;

use lab_core::lesson::{FILES, Lesson, Problem, Source, check, pack, unpack};

use crate::session::Session;
use crate::session::msg::Dialog;

/// What came of the files that a teacher opened.
#[derive(Clone, Debug)]
pub struct Workshop {
    /// Every mistake, by file and line.
    pub problems: Vec<Problem>,
    /// The three files in one, to send on.
    pub packed: String,
    /// The lesson, when it can be opened, even if its solution does not keep every promise yet.
    pub lesson: Option<Arc<Lesson>>,
}

impl PartialEq for Workshop {
    fn eq(&self, other: &Self) -> bool {
        self.packed == other.packed && self.problems == other.problems
    }
}

impl Workshop {
    /// Reads and plays what was opened: the three files of a folder, or one packed file.
    pub fn open(files: &[(String, Result<String, String>)]) -> Self {
        match texts(files) {
            Ok(texts) => {
                let [manifest, zh, en] = &texts;
                let source = Source { manifest, zh, en };
                let packed = pack(source);
                match Lesson::read(source).map(Arc::new) {
                    Ok(lesson) => Self { problems: check(&lesson), packed, lesson: Some(lesson) },
                    Err(problems) => Self { problems, packed, lesson: None },
                }
            }
            Err(problem) => Self { problems: vec![problem], packed: String::new(), lesson: None },
        }
    }
}

/// The texts of `lesson.toml`, `zh.md`, `en.md`.
fn texts(files: &[(String, Result<String, String>)]) -> Result<[String; 3], Problem> {
    let fail = |file: &str, what: String| Problem { file: file.into(), line: 1, what };
    for (name, read) in files {
        if let Err(why) = read {
            return Err(fail(name, why.clone()));
        }
    }
    let text = |wanted: &str| {
        let found = files.iter().find(|(name, _)| name.rsplit('/').next() == Some(wanted));
        found.and_then(|(_, text)| text.as_ref().ok()).cloned()
    };
    if let ([(_, Ok(packed))], false) = (files, FILES.iter().any(|name| text(name).is_some())) {
        let source = unpack(packed)?;
        return Ok([source.manifest, source.zh, source.en].map(str::to_owned));
    }
    let found = FILES.map(|name| text(name).ok_or_else(|| fail(name, missing(name))));
    let [manifest, zh, en] = found;
    Ok([manifest?, zh?, en?])
}

fn missing(name: &str) -> String {
    format!("{name} is not among the files; open lesson.toml, zh.md and en.md together, or one packed lesson")
}

impl Session {
    /// Opens the files of a lesson: the lesson itself when nothing is wrong, else the list of what is.
    pub(in crate::session) fn open_files(&mut self, files: &[(String, Result<String, String>)]) {
        let workshop = Workshop::open(files);
        if let (Some(lesson), true) = (&workshop.lesson, workshop.problems.is_empty()) {
            self.start_lesson(lesson.clone(), true);
        }
        self.dialog = Some(Dialog::Workshop(Box::new(workshop)));
    }

    /// Opens the lesson of the dialog although something is wrong with it.
    pub(super) fn open_anyway(&mut self) {
        let Some(Dialog::Workshop(workshop)) = self.dialog.take() else { return };
        if let Some(lesson) = workshop.lesson {
            self.start_lesson(lesson, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::Library;

    fn file(name: &str, text: &str) -> (String, Result<String, String>) {
        (name.to_owned(), Ok(text.to_owned()))
    }

    #[test]
    fn a_folder_and_a_packed_file_open_the_same_lesson() {
        let source = Library::source("0.1").expect("the first lesson");
        let folder =
            [file("a/lesson.toml", source.manifest), file("a/zh.md", source.zh), file("a/en.md", source.en)];
        let from_folder = Workshop::open(&folder);
        assert_eq!(from_folder.problems, []);
        let from_pack = Workshop::open(&[file("riddle.lesson", &from_folder.packed)]);
        assert_eq!(from_pack, from_folder);
        assert_eq!(from_pack.lesson.map(|lesson| lesson.id.clone()).as_deref(), Some("0.1"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_with_its_place() {
        let source = Library::source("0.1").expect("the first lesson");
        let missing = Workshop::open(&[file("lesson.toml", source.manifest), file("en.md", source.en)]);
        assert_eq!(&*missing.problems[0].file, "zh.md");
        let broken = source.manifest.replace("kind = \"do\"", "kind = \"act\"");
        let broken = Workshop::open(&[
            file("lesson.toml", &broken),
            file("zh.md", source.zh),
            file("en.md", source.en),
        ]);
        assert!(broken.problems.iter().any(|it| it.line > 1 && it.what.contains("predict, do and explain")));
        assert!(broken.lesson.is_none());
        assert_eq!(Workshop::open(&[file("x", "hello")]).problems.len(), 1);
    }
}
