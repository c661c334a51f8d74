//! What the browser remembers: language, theme, projector, the lines that were sent, what a learner has reached. A browser that refuses to remember is no error.

use web_sys::Storage;

use crate::session::Theme;
use crate::text::Lang;

const LANG: &str = "rocketmq-lab.lang";
const THEME: &str = "rocketmq-lab.theme";
const HISTORY: &str = "rocketmq-lab.history";
const PROJECTOR: &str = "rocketmq-lab.projector";
const PROGRESS: &str = "rocketmq-lab.progress";
/// Where a record lies that this page could not use.
const ASIDE: &str = "rocketmq-lab.progress.set-aside";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// False when the storage is full or forbidden; then what was chosen holds until the page is closed.
fn write(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

fn remove(key: &str) {
    if let Some(storage) = storage() {
        // What cannot be removed is found again, and said again.
        let _ = storage.remove_item(key);
    }
}

/// The language: as remembered, else as the browser has it.
pub fn lang() -> Lang {
    let remembered = read(LANG).and_then(|code| Lang::from_code(&code));
    let browser = || web_sys::window().and_then(|window| window.navigator().language());
    remembered.or_else(|| browser().and_then(|code| Lang::from_code(&code))).unwrap_or_default()
}

/// The theme: as remembered, else as the system has it.
pub fn theme() -> Theme {
    read(THEME).and_then(|word| Theme::from_word(&word)).unwrap_or_default()
}

/// The lines that were sent, whatever the browser has kept of them.
pub fn history() -> String {
    read(HISTORY).unwrap_or_default()
}

/// Remembers the lines that were sent.
pub fn remember_history(lines: &str) {
    write(HISTORY, lines);
}

/// Remembers language and theme.
pub fn remember(lang: Lang, theme: Theme) {
    write(LANG, lang.code());
    write(THEME, theme.word());
}

/// Whether large type and strong contrast were chosen.
pub fn projector() -> bool {
    read(PROJECTOR).as_deref() == Some("on")
}

/// Remembers whether large type and strong contrast were chosen.
pub fn remember_projector(on: bool) {
    write(PROJECTOR, if on { "on" } else { "off" });
}

/// The learner's record, whatever the browser has kept of it.
pub fn progress() -> Option<String> {
    read(PROGRESS)
}

/// Keeps the learner's record; false when the browser does not.
pub fn remember_progress(text: &str) -> bool {
    write(PROGRESS, text)
}

/// The record that was set aside.
pub fn aside() -> Option<String> {
    read(ASIDE)
}

/// Sets a record aside that cannot be used, so that the next one does not take its place; false when the browser does not
/// keep it, and then it stays where it was. What had been set aside before stays too, under keys with a number.
pub fn set_aside(text: &str) -> bool {
    let earlier = aside().filter(|earlier| earlier != text);
    let is_kept = earlier.is_none_or(|earlier| {
        let free = (2..100).map(|number| format!("{ASIDE}.{number}")).find(|key| read(key).is_none());
        free.is_some_and(|key| write(&key, &earlier))
    });
    let is_set = is_kept && write(ASIDE, text);
    if is_set {
        remove(PROGRESS);
    }
    is_set
}

/// Deletes the record that was set aside last.
pub fn forget_aside() {
    remove(ASIDE);
}
