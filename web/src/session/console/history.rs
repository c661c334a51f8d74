//! The lines that were sent, and going through them as in a shell.

/// Lines that are kept; beyond that the oldest go.
const KEPT: usize = 200;
/// Longest line that is kept, in bytes: `mqadmin` takes none that is longer.
const LONGEST: usize = 4_200;

/// The lines that were sent, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    lines: Vec<String>,
    /// Which of them stands in the field; `None` while a new line is typed.
    place: Option<usize>,
    /// What was typed when going back began.
    draft: String,
}

impl History {
    /// From what a browser remembered, whatever that is.
    pub fn from_text(text: &str) -> Self {
        let mut history = Self::default();
        text.lines().for_each(|line| history.add(line));
        history
    }

    /// One line each, for the browser to remember.
    pub fn to_text(&self) -> String {
        self.lines.join("\n")
    }

    /// Takes a line in that was sent. The same line twice in a row is kept once.
    pub fn add(&mut self, line: &str) {
        let line = line.trim();
        self.place = None;
        self.draft.clear();
        let is_kept = !line.is_empty() && line.len() <= LONGEST && !line.contains('\n');
        if !is_kept || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() >= KEPT {
            self.lines.remove(0);
        }
        self.lines.push(line.to_owned());
    }

    /// The line before; `line` is what stands in the field.
    pub fn older(&mut self, line: &str) -> Option<String> {
        let place = match self.place {
            Some(place) => place.checked_sub(1)?,
            None => {
                line.clone_into(&mut self.draft);
                self.lines.len().checked_sub(1)?
            }
        };
        self.place = Some(place);
        self.lines.get(place).cloned()
    }

    /// The line after; behind the last one comes what was typed before going back.
    pub fn newer(&mut self) -> Option<String> {
        let place = self.place? + 1;
        self.place = (place < self.lines.len()).then_some(place);
        Some(self.place.map_or_else(|| self.draft.clone(), |place| self.lines[place].clone()))
    }

    /// The field was edited: going back begins anew.
    pub fn leave(&mut self) {
        self.place = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_and_forth_ends_at_what_was_typed() {
        let mut history = History::from_text("kill a\nkill b\nkill b\n\n  \nkill c");
        assert_eq!(history.older("dra"), Some("kill c".to_owned()));
        assert_eq!(history.older("kill c"), Some("kill b".to_owned()));
        assert_eq!(history.older("kill b"), Some("kill a".to_owned()));
        assert_eq!(history.older("kill a"), None);
        assert_eq!(history.newer(), Some("kill b".to_owned()));
        assert_eq!(history.newer(), Some("kill c".to_owned()));
        assert_eq!(history.newer(), Some("dra".to_owned()));
        assert_eq!(history.newer(), None);
    }

    #[test]
    fn it_is_bounded_and_remembers_itself() {
        let mut history = History::default();
        (0..500).for_each(|number| history.add(&format!("kill n{number}")));
        history.add(&"x".repeat(LONGEST + 1));
        let text = history.to_text();
        assert_eq!(text.lines().count(), KEPT);
        assert!(text.ends_with("kill n499"));
        assert_eq!(History::from_text(&text).to_text(), text);
    }
}
