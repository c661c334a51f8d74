//! A group that pops, in some runs of 5.x: its members come and go like the others', and what they leave in hand must be
//! seen again.

use lab_core::rng::Rng;

use super::plan::{Lines, once_in, pick};

/// When the mode is set, when the members start, and when they are disturbed, in milliseconds.
const MODE_IS_SET: u64 = 2_000;
const MEMBERS_START: u64 = 3_000;
const FAULTS: (u64, u64) = (20_000, 120_000);

/// The lines of the group, by a stream of chance of its own, so that plans are otherwise what they would be without it.
pub(super) fn lines(seed: u64, is_v5: bool) -> Lines {
    let mut rng = Rng::fork(seed, "popping");
    let mut lines = Lines::new();
    if !is_v5 || !once_in(&mut rng, 3) {
        return lines;
    }
    let share = rng.below(3);
    let mode = format!("mqadmin setConsumeMode -c DefaultCluster -t T -g q -m POP -q {share}");
    lines.push((MODE_IS_SET, mode));
    let invisible = *pick(&mut rng, &[5_000, 10_000, 20_000]);
    let work = *pick(&mut rng, &["0s", "100ms", "3s"]);
    let fail = *pick(&mut rng, &["", "", " fail=1"]);
    let members = 1 + rng.below(3);
    for member in 0..members {
        lines.push((
            MEMBERS_START,
            format!(
                "consumer q{member} group=q topic=T from=CONSUME_FROM_FIRST_OFFSET clientRebalance=false \
                 popInvisibleTime={invisible} work={work}{fail}"
            ),
        ));
    }
    for _ in 0..rng.below(4) {
        let member = rng.below(members);
        let begin = rng.between(FAULTS.0, FAULTS.1);
        let end = begin + *pick(&mut rng, &[1_000, 8_000, 30_000]);
        let (strike, mend) = *pick(&mut rng, &[("kill", "restart"), ("stop", "restart"), ("freeze", "thaw")]);
        lines.push((begin, format!("{strike} q{member}")));
        lines.push((end, format!("{mend} q{member}")));
    }
    lines
}
