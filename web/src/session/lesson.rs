//! A lesson on the page.

use super::Session;

impl Session {
    /// Opens a lesson.
    pub(super) fn open_lesson(&mut self, id: &str) {
        let Some(_lesson) = self.library.by_id(id) else { return };
    }
}
