//! What a person does in a lab: open one, let time pass, give commands.

use serde_json::json;

use super::Page;

/// A virtual second, as [`Page::clock`] counts.
pub const SECOND: u64 = 1_000;

/// Drops files on the page. No driver can drag a file from outside into a browser, so a script hands over what a person would.
const DROP: &str = r"
const files = new DataTransfer();
for (const [name, text] of arguments[0]) files.items.add(new File([text], name));
const drop = new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true });
document.querySelector('h1').dispatchEvent(drop);
return drop.defaultPrevented;
";

impl Page {
    /// Opens a lab from the front page: `flow`, `broadcast`, `failover` or `sandbox`.
    pub fn open_lab(&self, word: &str) {
        self.click(&format!("lab-{word}"));
        self.until("the lab is open", || self.shows("clock"));
    }

    /// Lets time pass.
    pub fn play(&self) {
        if !self.is_playing() {
            self.click("play");
            self.until("time goes on", || self.is_playing());
        }
    }

    /// Stops time.
    pub fn pause(&self) {
        if self.is_playing() {
            self.click("play");
            self.until("time stands still", || !self.is_playing());
        }
    }

    /// Lets at least so much virtual time pass at a speed, and stops it again.
    pub fn run_for(&self, milliseconds: u64, speed: &str) {
        let end = self.clock() + milliseconds;
        self.choose("speed", speed);
        self.play();
        self.until(&format!("{milliseconds} virtual milliseconds pass"), || self.clock() >= end);
        self.pause();
    }

    /// Goes on to the next event of a kind, as the list of kinds calls it.
    pub fn skip_to(&self, kind: &str) {
        self.choose("skip-kind", kind);
        self.click("skip");
        self.settle();
    }

    /// Does something to a node through the menu of its card.
    pub fn act(&self, verb: &str, node: &str) {
        let deed = format!("do-{verb}-{node}");
        self.click(&format!("menu-{node}"));
        self.until(&format!("the menu of {node} offers {verb}"), || self.shows(&deed));
        self.click(&deed);
    }

    /// Types a command and sends it.
    pub fn type_command(&self, line: &str) {
        self.fill_in("command-input", line);
        self.click("command-run");
        self.settle();
    }

    /// Types a command that is carried out at once.
    pub fn order(&self, line: &str) {
        self.type_command(line);
        self.until(&format!("{line} is carried out"), || self.value("command-input").is_empty());
    }

    /// Drops files on the page, by name and text.
    ///
    /// # Panics
    /// When the page does not take them: the browser would leave the page and show the file.
    pub fn drop_files(&self, files: &[(&str, String)]) {
        let is_taken: bool = self.ask(DROP, vec![json!(files)]);
        assert!(is_taken, "the browser would leave the page and show the file");
    }
}
