//! Makes the recording of a failing run short enough to be understood.
//!
//! Delta debugging: pieces of the commands are left out, first halves, then ever smaller ones, down to single
//! commands, as long as the run still fails; then messages and pauses are made fewer and shorter. What remains is not
//! the shortest recording there is, but none of its commands can be left out alone, unless the tries ran out.

use lab_core::command::Command;
use lab_core::recording::Recording;

/// The recording, shortened as long as `fails` says that it still fails, which is asked at most `tries` times.
pub fn shorten(recording: &Recording, tries: usize, mut fails: impl FnMut(&Recording) -> bool) -> Recording {
    let mut shortest = recording.clone();
    let mut left = tries;
    let mut accept = |candidate: &Recording| {
        left = left.saturating_sub(1);
        left > 0 && fails(candidate)
    };
    leave_out_commands(&mut shortest, &mut accept);
    send_less(&mut shortest, &mut accept);
    // What was needed for many messages may be needless for few.
    leave_out_commands(&mut shortest, &mut accept);
    shortest
}

fn leave_out_commands(shortest: &mut Recording, accept: &mut impl FnMut(&Recording) -> bool) {
    let mut piece = shortest.commands.len().div_ceil(2).max(1);
    loop {
        let before = shortest.commands.len();
        let mut begin = 0;
        while begin < shortest.commands.len() {
            let mut candidate = shortest.clone();
            candidate.commands.drain(begin..(begin + piece).min(shortest.commands.len()));
            if accept(&candidate) {
                *shortest = candidate;
            } else {
                begin += piece;
            }
        }
        if piece > 1 {
            piece = piece.div_ceil(2);
        } else if shortest.commands.len() == before {
            return;
        }
    }
}

/// Halves the number of messages of each job as often as possible.
fn send_less(shortest: &mut Recording, accept: &mut impl FnMut(&Recording) -> bool) {
    for place in 0..shortest.commands.len() {
        loop {
            let mut candidate = shortest.clone();
            let Command::Send(_, job) = &mut candidate.commands[place].1 else {
                break;
            };
            let Some(count) = job.count.filter(|count| *count > 1) else {
                break;
            };
            job.count = Some(count / 2);
            if !accept(&candidate) {
                break;
            }
            *shortest = candidate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    fn has(recording: &Recording, start: &str) -> bool {
        recording.commands.iter().any(|(_, command)| command.to_string().starts_with(start))
    }

    #[test]
    fn only_what_the_violation_needs_remains() {
        let recording = plan::of(3);
        let short = shorten(&recording, 1_000, |candidate| {
            has(candidate, "broker broker-a ") && has(candidate, "send p T")
        });
        assert_eq!(short.commands.len(), 2, "{short}");
        let text = short.to_string();
        assert!(text.contains("send p T every="), "one message is enough: {text}");
        assert_eq!(text.parse::<Recording>().map(|again| again.commands), Ok(short.commands));
    }

    #[test]
    fn moments_and_order_stay() {
        let recording: Recording =
            "name-server a\nrun 1s\nkill a\nrun 1s\nrestart a\nrun 1s\nkill a".parse().expect("good lines");
        let last = recording.commands.len() - 1;
        let needed = [recording.commands[1].clone(), recording.commands[last].clone()];
        let short =
            shorten(&recording, 100, |candidate| needed.iter().all(|c| candidate.commands.contains(c)));
        assert_eq!(short.commands, needed);
    }

    #[test]
    fn the_tries_are_bounded() {
        let mut asked = 0;
        let recording = plan::of(3);
        let same = shorten(&recording, 10, |_| {
            asked += 1;
            false
        });
        assert_eq!(same, recording);
        assert!(asked < 10, "{asked}");
    }
}
