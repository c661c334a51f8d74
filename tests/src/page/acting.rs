//! What a person does in a lab: open one, let time pass, give commands.

use super::Page;

/// A virtual second, as [`Page::clock`] counts.
pub const SECOND: u64 = 1_000;

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
}
