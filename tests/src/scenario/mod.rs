//! Golden scenarios: text files with commands and the trace that they leave.
//!
//! The first line of a file says in one sentence what it is about: `# …`. Then come blocks: commands in the lab's
//! notation, a line `---`, and the part of the trace that they left, up to a blank line. The trace is never typed:
//! `UPDATE_GOLDEN=1 cargo test -p lab-tests --test scenarios` writes it, people read it, and later runs compare.
//!
//! Beside the [commands of the lab](lab_core::command) a scenario has these:
//!
//! | verb | what it does |
//! |---|---|
//! | `lab [profile=V5] [seed=1] [latency=1..3] …` | sets the run up; must come first |
//! | `cluster [name-servers=1] [brokers=1] [slaves=0] …` | the same, with name servers `nsrv-0`, …, brokers `broker-a`, `broker-b`, … and slaves `broker-a-1`, … |
//! | `run 30s` | lets time pass |
//! | `run-until KIND [limit=60s]` | lets time pass until a fact of that kind was noted |
//! | `show [kinds=KIND,…] [node=N,…]` | what is printed from here on; without kinds all that are no plumbing |
//! | `hide [kinds=KIND,…]` | prints nothing from here on, or everything but these kinds |
//! | `! COMMAND` | a command that the lab must refuse; prints why |

mod runner;

use std::path::Path;

use runner::Runner;

/// Compares a scenario file with what happens now, or writes what happens now into it.
///
/// # Errors
/// What is wrong with the file, or where it differs.
pub fn check(path: &Path, update: bool) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|why| why.to_string())?;
    let now = generate(&text)?;
    if text == now {
        return Ok(());
    }
    if update {
        return std::fs::write(path, now).map_err(|why| why.to_string());
    }
    let end = ["(the end of the file)"];
    let pairs = text.lines().chain(end).zip(now.lines().chain(end)).zip(1..);
    let different = pairs.into_iter().find(|((expected, happened), _)| expected != happened);
    let Some(((expected, happened), line)) = different else {
        return Err("blank lines or ends of lines differ".to_owned());
    };
    Err(format!("line {line}:\nexpected {expected}\nhappened {happened}"))
}

/// The scenario with what its commands leave in the trace now.
///
/// # Errors
/// The line that cannot be carried out, and why.
pub fn generate(text: &str) -> Result<String, String> {
    if !text.starts_with("# ") {
        return Err("the first line must say in a sentence what the scenario is about: `# …`".to_owned());
    }
    let (mut runner, mut output) = (Runner::default(), String::new());
    let (mut lines, mut is_open) = (text.lines().zip(1..), false);
    while let Some((line, number)) = lines.next() {
        output += line;
        output.push('\n');
        if line == "---" {
            lines.by_ref().take_while(|(line, _)| !line.is_empty()).for_each(drop);
            output += &runner.take_printed();
            output.push('\n');
            is_open = false;
        } else if !line.is_empty() && !line.starts_with('#') {
            runner.carry_out(line).map_err(|why| format!("line {number} `{line}`: {why}"))?;
            is_open = true;
        }
    }
    if is_open {
        Err("the last block has no `---`".to_owned())
    } else {
        Ok(output.trim_end().to_owned() + "\n")
    }
}
