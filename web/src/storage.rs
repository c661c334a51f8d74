//! What the browser remembers: language, theme, the lines that were sent. A browser that refuses to remember is no error.

use web_sys::Storage;

use crate::session::Theme;
use crate::text::Lang;

const LANG: &str = "rocketmq-lab.lang";
const THEME: &str = "rocketmq-lab.theme";
const HISTORY: &str = "rocketmq-lab.history";

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

fn write(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full or forbidden storage: the choice holds until the page is closed.
        let _ = storage.set_item(key, value);
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
