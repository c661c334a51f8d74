//! Prints what a run cost, as a table: how `lab_core::score` counts it.
//!
//! ```text
//! cargo run -p lab-core --example score -- SCENARIO... [--from 20s] [--set KEY=VALUE]...
//! ```
//!
//! Each SCENARIO, a file in the notation of `lab_core::recording`, is a column. Without `--from` a run is counted from
//! its first fault on, and from its beginning when it has none. `--set profile=V4` changes the first lines.

use std::process::ExitCode;

use lab_core::lab::Lab;
use lab_core::recording::{Recording, Setup};
use lab_core::score::Score;
use lab_core::time::{Duration, Instant};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (mut files, mut setup, mut from) = (Vec::new(), String::new(), None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--from" => {
                let text = words.next().ok_or("--from needs a time, for example 20s")?;
                from = Some(text.parse::<Instant>().map_err(|why| format!("--from: {why}"))?);
            }
            "--set" => setup += &format!(" {}", words.next().ok_or("--set needs key=value")?),
            file if !file.starts_with("--") => files.push(word),
            other => return Err(format!("`{other}` is not accepted; known: --from TIME --set KEY=VALUE")),
        }
    }
    if files.is_empty() {
        return Err("name a scenario file".to_owned());
    }
    let columns: Vec<Vec<String>> =
        files.iter().map(|file| column(file, &setup, from)).collect::<Result<_, _>>()?;
    print(&files, &columns);
    Ok(())
}

const ROWS: [&str; 12] = [
    "counted from",
    "without writes, longest",
    "without writes, total",
    "longest silence by broker name",
    "without reads, longest",
    "acknowledged",
    "of them not SEND_OK",
    "failed sends",
    "acknowledged and lost",
    "stored without acknowledgement",
    "seen twice",
    "not yet consumed",
];

fn column(file: &str, setup: &str, from: Option<Instant>) -> Result<Vec<String>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{file}: {why}");
    let text = std::fs::read_to_string(file).map_err(|why| wrong(&why))?;
    let mut recording: Recording = text.parse().map_err(|why| wrong(&why))?;
    recording.setup = format!("{}{setup}", recording.setup).parse::<Setup>().map_err(|why| wrong(&why))?;
    let fault = recording.commands.iter().find(|(_, command)| command.is_fault());
    let from = from.or(fault.map(|(at, _)| *at)).unwrap_or(Instant::ZERO);
    let end = recording.end;
    let mut lab = Lab::try_new(recording).map_err(|why| wrong(&why))?;
    lab.run_until(end);
    let score = Score::of(lab.trace(), lab.world(), from);
    let seconds = |span: Duration| format!("{}.{:03} s", span.as_millis() / 1_000, span.as_millis() % 1_000);
    let silences = score.silences.iter().map(|(name, it)| format!("{name} {}", seconds(it.length())));
    let lost = format!("{} ({} never read)", score.lost.len(), score.never_read().count());
    let twice: usize = score.groups.iter().map(|group| group.twice.len()).sum();
    let pending: usize = score.groups.iter().map(|group| group.pending.len()).sum();
    Ok(vec![
        from.to_string(),
        seconds(score.writes.longest()),
        seconds(score.writes.total),
        silences.collect::<Vec<_>>().join(", "),
        seconds(score.longest_without_reads()),
        score.acknowledged.len().to_string(),
        score.doubtful.len().to_string(),
        score.failed.len().to_string(),
        lost,
        score.unacknowledged.len().to_string(),
        twice.to_string(),
        pending.to_string(),
    ])
}

fn print(files: &[String], columns: &[Vec<String>]) {
    let name = |file: &String| file.rsplit('/').next().unwrap_or(file).to_owned();
    let heads: Vec<String> = files.iter().map(name).collect();
    let width = |place: usize| {
        columns[place].iter().map(String::len).chain([heads[place].len()]).max().unwrap_or_default()
    };
    let line = |first: &str, cells: &mut dyn Iterator<Item = &String>| {
        let cells = cells.enumerate().map(|(place, cell)| format!("  {cell:>0$}", width(place)));
        println!("{first:<31}{}", cells.collect::<String>());
    };
    line("", &mut heads.iter());
    for (row, label) in ROWS.iter().enumerate() {
        line(label, &mut columns.iter().map(|column| &column[row]));
    }
}
