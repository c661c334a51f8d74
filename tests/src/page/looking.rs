//! What a person sees: texts, numbers, states.

use serde_json::json;

use super::Page;

/// Finds an element by its `data-testid`, as long as it can be seen.
const FIND: &str = "const it = document.querySelector(`[data-testid=\"${arguments[0]}\"]`); \
                    const seen = it && it.checkVisibility({ visibilityProperty: true });";

impl Page {
    /// Whether something can be seen.
    pub fn shows(&self, testid: &str) -> bool {
        self.text_of(testid).is_some()
    }

    /// The text of something, or nothing when it cannot be seen.
    pub fn text_of(&self, testid: &str) -> Option<String> {
        self.ask(&format!("{FIND} return seen ? it.innerText : null"), vec![json!(testid)])
    }

    /// The text of something that must be there, waited for.
    pub fn text(&self, testid: &str) -> String {
        self.until_some(&format!("there is {testid}"), || self.text_of(testid))
    }

    /// What stands in a field.
    pub fn value(&self, testid: &str) -> String {
        let value: Option<String> =
            self.ask(&format!("{FIND} return seen ? it.value : null"), vec![json!(testid)]);
        value.unwrap_or_else(|| panic!("there is no field {testid}"))
    }

    /// An attribute of something, empty when it has none.
    pub fn attribute(&self, testid: &str, name: &str) -> String {
        let script = format!("{FIND} return seen ? it.getAttribute(arguments[1]) ?? '' : null");
        self.until_some(&format!("there is {testid}"), || self.ask(&script, vec![json!(testid), json!(name)]))
    }

    /// A number that something shows.
    pub fn number(&self, testid: &str) -> u64 {
        let text = self.text(testid);
        text.trim().parse().unwrap_or_else(|why| panic!("{testid} shows {text:?}: {why}"))
    }

    /// Waits until something shows a text.
    pub fn until_text(&self, testid: &str, text: &str) {
        self.until(&format!("{testid} shows {text:?}"), || {
            self.text_of(testid).is_some_and(|shown| shown.contains(text))
        });
    }

    /// An attribute of the document's root: `lang`, `data-theme`.
    pub fn root(&self, attribute: &str) -> String {
        self.ask("return document.documentElement.getAttribute(arguments[0]) ?? ''", vec![json!(attribute)])
    }

    /// What has the focus.
    pub fn focused(&self) -> Option<String> {
        self.ask("return document.activeElement?.dataset?.testid ?? null", vec![])
    }

    /// How many elements there are of a kind.
    pub fn count(&self, selector: &str) -> usize {
        self.ask("return document.querySelectorAll(arguments[0]).length", vec![json!(selector)])
    }

    /// The virtual time in milliseconds, read off the clock: `1:02.345`.
    pub fn clock(&self) -> u64 {
        let text = self.text("clock");
        let parts = text.trim().split_once(':').and_then(|(minutes, rest)| {
            let (seconds, milliseconds) = rest.split_once('.')?;
            Some((
                minutes.parse::<u64>().ok()?,
                seconds.parse::<u64>().ok()?,
                milliseconds.parse::<u64>().ok()?,
            ))
        });
        let (minutes, seconds, milliseconds) =
            parts.unwrap_or_else(|| panic!("the clock shows {text:?}, which is no time"));
        (minutes * 60 + seconds) * 1_000 + milliseconds
    }

    /// Whether time goes on.
    pub fn is_playing(&self) -> bool {
        self.attribute("play", "aria-pressed") == "true"
    }

    /// The page in words, for the report of a failure.
    pub fn account(&self) -> String {
        self.ask("return document.body.innerText", vec![])
    }
}
