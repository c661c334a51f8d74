//! All it takes to repeat a run, and its text form.
//!
//! ```text
//! lab format=1 profile=V5 seed=42 epoch=1767225600000 latency=1..3 loss=0%
//! @0:00.000 name-server nsrv-0
//! @0:00.000 broker broker-a
//! @0:30.000 kill broker-a
//! ```
//!
//! The first line is the set-up; every part of it may be left out, and so may the whole line. Each further line is a
//! command of [the notation](crate::command) with its time. People may write less: a command without a time has the
//! time of the line before, `run 30s` moves that time on, and `#` begins a comment.

use std::fmt;
use std::str::FromStr;

use crate::command::{Command, CommandError, Latency};
use crate::config::Profile;
use crate::rng::Ratio;
use crate::time::{Duration, Epoch, Instant};

/// The version of the text form.
const FORMAT: u32 = 1;

/// What a run has before its first command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The version to behave like.
    pub profile: Profile,
    /// Where all chance comes from.
    pub seed: u64,
    /// The date of virtual zero.
    pub epoch: Epoch,
    /// Latency of every link that no command changed.
    pub latency: Latency,
    /// Loss of every link that no command changed.
    pub loss: Ratio,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            seed: 1,
            epoch: Epoch::default(),
            latency: Latency::default(),
            loss: Ratio::ZERO,
        }
    }
}

/// The set-up and the commands with their times, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The set-up.
    pub setup: Setup,
    /// The commands. One comes before everything else that happens in its millisecond.
    pub commands: Vec<(Instant, Command)>,
    /// Until when the run was driven at least; a text may end with `run`.
    pub end: Instant,
}

impl Recording {
    /// A run without commands.
    pub const fn new(setup: Setup) -> Self {
        Self { setup, commands: Vec::new(), end: Instant::ZERO }
    }
}

fn at_line<T>(number: usize, why: impl fmt::Display) -> Result<T, CommandError> {
    Err(CommandError::Syntax(format!("line {}: {why}", number + 1)))
}

impl FromStr for Recording {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut recording = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Err(error) = recording.read_line(line) {
                return at_line(number, error);
            }
        }
        Ok(recording)
    }
}

impl Recording {
    fn read_line(&mut self, line: &str) -> Result<(), CommandError> {
        let syntax = |why: String| CommandError::Syntax(why);
        match line.split_once(' ').unwrap_or((line, "")) {
            ("lab", rest) if self.commands.is_empty() => self.setup = rest.parse().map_err(syntax)?,
            ("lab", _) => return Err(syntax("`lab` must stand before the first command".to_owned())),
            ("run", rest) => {
                let span: Duration = rest.trim().parse().map_err(|why| syntax(format!("run: {why}")))?;
                self.end += span;
            }
            (first, rest) => {
                let command = match first.strip_prefix('@') {
                    Some(at) => {
                        let at: Instant = at.parse().map_err(|why| syntax(format!("@: {why}")))?;
                        if at < self.end {
                            let end = self.end;
                            return Err(syntax(format!("@{at} lies before the line above ({end})")));
                        }
                        self.end = at;
                        rest.parse()?
                    }
                    None => line.parse()?,
                };
                self.commands.push((self.end, command));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "lab {}", self.setup)?;
        let mut last = Instant::ZERO;
        for (at, command) in &self.commands {
            writeln!(f, "@{at} {command}")?;
            last = *at;
        }
        if self.end > last { writeln!(f, "run {}", self.end.since(last)) } else { Ok(()) }
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "format={FORMAT} profile={} seed={} epoch={} latency={} loss={}",
            self.profile,
            self.seed,
            self.epoch.unix_millis(),
            self.latency,
            self.loss
        )
    }
}

impl FromStr for Setup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut setup = Self::default();
        for word in text.split_whitespace() {
            let (key, value) =
                word.split_once('=').ok_or_else(|| format!("lab: `{word}` is no key=value"))?;
            let wrong = |why: &dyn fmt::Display| format!("lab: {key}={value}: {why}");
            match key {
                "format" => {
                    let format: u32 = value.parse().map_err(|why| wrong(&why))?;
                    if format != FORMAT {
                        return Err(wrong(&format_args!("this lab reads format {FORMAT}")));
                    }
                }
                "profile" => setup.profile = value.parse().map_err(|why: String| wrong(&why))?,
                "seed" => setup.seed = value.parse().map_err(|why| wrong(&why))?,
                "epoch" => {
                    let ms: u64 = value.parse().map_err(|why| wrong(&why))?;
                    setup.epoch = Epoch::from_unix_millis(ms);
                }
                "latency" => setup.latency = value.parse().map_err(|why: String| wrong(&why))?,
                "loss" => setup.loss = value.parse().map_err(|why: String| wrong(&why))?,
                _ => {
                    let known = "format, profile, seed, epoch, latency, loss";
                    return Err(format!("lab: `{key}` is not accepted; known: {known}"));
                }
            }
        }
        Ok(setup)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_reads_as_it_prints() {
        let text = "lab profile=V4 seed=7\n# two nodes\nname-server n\nbroker b\nrun 30s\nkill b\nrun 5s\n";
        let recording: Recording = text.parse().expect("a recording");
        let printed = recording.to_string();
        assert_eq!(printed.parse::<Recording>(), Ok(recording));
        assert!(printed.ends_with("@0:30.000 kill b\nrun 5s\n"), "{printed}");
    }

    #[test]
    fn mistakes_name_their_line() {
        let cases = [
            ("name-server n\nexplode", "line 2: `explode` is not a command"),
            ("lab format=2", "line 1: lab: format=2: this lab reads format 1"),
            ("@1s kill a\n@0s kill b", "line 2: @0:00.000 lies before the line above (0:01.000)"),
            ("run soon", "line 1: run: `soon` is not a time"),
        ];
        for (text, start) in cases {
            let error = text.parse::<Recording>().expect_err(text).to_string();
            assert!(error.starts_with(start), "{error}");
        }
    }
}
