//! Every recording of a real cluster is replayed in the lab.
//!
//! Reads `recordings/VERSION/NAME.json`, or the same layout in the folder that `LAB_GOLDEN` names. All must
//! agree in every fact. Run it with `--nocapture` to see a line for each, with the first disagreement (with
//! `LAB_PROBLEMS=1`: with all of them, in order of time); `LAB_REPLAYS` names a folder for the lab's own recordings of the
//! replays.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use lab_core::config::Profile;
use lab_tests::kafka_replay;
use lab_tests::replay::verdict::Verdict;
use lab_tests::replay::{profile_of, replay, script::Script};

/// One file to replay.
struct Task {
    name: String,
    path: PathBuf,
    /// `None` for a recording of Kafka.
    profile: Option<Profile>,
}

/// A line for people, and how many facts disagreed.
struct Line {
    text: String,
    disagreements: usize,
}

/// Facts of a recording that nobody could explain, with their step (behaviour §12: seen once, not to be made a rule).
/// They are shown and not counted; one that begins to agree must leave this list.
const UNEXPLAINED: &[(&str, usize, &str)] = &[
    (
        "5.3.3/acting_master_readable",
        10,
        "the queues of the healthy broker came one rebalance, 20 s, after those of the acting slave",
    ),
    (
        "4.9.7/dledger_failover",
        18,
        "the new leader took writes at 1:14, but the consumer got all of them at once at 1:36; the same steps with 5.3.3 \
         show no such pause, and no rule is known that makes one of 20 s",
    ),
];

#[test]
fn real_clusters_are_reproduced() {
    let given = std::env::var_os("LAB_GOLDEN").map(PathBuf::from);
    let root = given.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings"));
    let tasks = Mutex::new(tasks(&root));
    let lines = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(task) = next(&tasks) {
                    let line = run(&task);
                    println!("{}", line.text);
                    lines.lock().expect("no replay panicked").push(line);
                }
            });
        }
    });
    let lines = lines.into_inner().expect("no replay panicked");
    assert!(!lines.is_empty(), "{} holds no recording", root.display());
    let failed: Vec<_> =
        lines.iter().filter(|line| line.disagreements > 0).map(|line| line.text.as_str()).collect();
    assert!(failed.is_empty(), "recordings and replays differ:\n{}", failed.join("\n"));
}

fn next(tasks: &Mutex<VecDeque<Task>>) -> Option<Task> {
    tasks.lock().expect("no replay panicked").pop_front()
}

/// All files of the folder, in order of version and name.
fn tasks(root: &Path) -> VecDeque<Task> {
    let mut tasks = VecDeque::new();
    for folder in entries(root).into_iter().filter(|path| path.is_dir()) {
        let version = name(&folder);
        let profile = profile_of(&version);
        if profile.is_none() && !kafka_replay::is_kafka(&version) {
            println!("{version}: neither RocketMQ nor Kafka, left out");
            continue;
        }
        for path in
            entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"))
        {
            let name = format!("{version}/{}", name(&path.with_extension("")));
            tasks.push_back(Task { name, path, profile });
        }
    }
    tasks
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let list = std::fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut paths: Vec<_> = list.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn run(task: &Task) -> Line {
    let text = std::fs::read_to_string(&task.path).expect("a readable recording");
    let unexplained: Vec<_> = UNEXPLAINED.iter().filter(|(name, ..)| *name == task.name).collect();
    let steps: Vec<_> = unexplained.iter().map(|(_, step, _)| *step).collect();
    let (verdict, orders) = match played(&text, task.profile, &steps) {
        Ok(played) => played,
        Err(why) => {
            let text = format!("{}: not a recording: {why}", task.name);
            return Line { text, disagreements: usize::MAX };
        }
    };
    if let Some(folder) = std::env::var_os("LAB_REPLAYS").filter(|folder| !folder.is_empty()) {
        let file = Path::new(&folder).join(task.name.replace('/', "-"));
        std::fs::write(file, &verdict.replay).expect("a folder for the replays");
    }
    let agreed = verdict.total() - verdict.disagreements();
    let known = |step: usize| unexplained.iter().any(|(_, other, _)| *other == step);
    let mut text = format!("{}: {agreed}/{}", task.name, verdict.total());
    for (_, step, why) in &unexplained {
        text += &format!("\n    step {step} is unexplained: {why}");
    }
    let differing: Vec<_> = verdict.problems().map(|finding| finding.step).collect();
    let gone = unexplained.iter().filter(|(_, step, _)| !differing.contains(step)).count();
    if gone > 0 {
        text += "\n    an unexplained fact agrees now: take it off the list";
    }
    let disagreements = differing.iter().filter(|step| !known(**step)).count() + gone;
    let mut problems: Vec<_> = verdict.problems().filter(|finding| !known(finding.step)).collect();
    if std::env::var_os("LAB_PROBLEMS").is_some() {
        problems.sort_by_key(|finding| finding.at);
    } else {
        problems.truncate(1);
    }
    for finding in problems {
        let order = &orders[finding.step];
        text += &format!("\n    at {}, step {} `{order}`", finding.at, finding.step);
        for line in finding.problem.iter().flat_map(|problem| problem.lines()) {
            text += &format!("\n    {line}");
        }
    }
    Line { text, disagreements }
}

/// What a replay found, and the steps as they are written.
fn played(
    text: &str,
    profile: Option<Profile>,
    unexplained: &[usize],
) -> Result<(Verdict, Vec<String>), serde_json::Error> {
    match profile {
        Some(profile) => {
            let script = Script::read(text)?;
            let verdict = replay(&script, profile, unexplained);
            Ok((verdict, script.steps.into_iter().map(|step| step.order).collect()))
        }
        None => {
            let script = kafka_replay::script::Script::read(text)?;
            let verdict = kafka_replay::replay(&script);
            Ok((verdict, script.steps.into_iter().map(|step| step.order).collect()))
        }
    }
}
