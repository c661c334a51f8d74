//! The browser's clipboard: the page writes to it when a person asks, and never reads it.

/// Puts a text into the clipboard. A browser that refuses leaves it as it was.
pub fn copy(text: &str) {
    let Some(window) = web_sys::window() else { return };
    // A page that was not loaded securely has no clipboard to ask.
    if !window.is_secure_context() {
        return;
    }
    let written = window.navigator().clipboard().write_text(text);
    yew::platform::spawn_local(async move {
        // Refused by the browser's settings: the text can still be selected by hand.
        let _ = written.await;
    });
}
