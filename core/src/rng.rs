//! Randomness: one named stream per purpose, all forked from the seed of the run.
//!
//! A stream belongs to one node or one direction of one link and its state depends on nothing but the seed and
//! its name. So adding a node leaves every other stream as it was; with one shared stream, a new consumer would
//! change an unrelated producer's latencies.
//!
//! **Left out on purpose**: floating point. Probabilities are [`Ratio`]s of integers, exact on every machine.

use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;

use rand_core::{Rng as _, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

/// One stream of random numbers. The generator underneath (PCG-32) documents that its values never change.
#[derive(Clone, Debug)]
pub struct Rng(Pcg32);

impl Rng {
    /// The stream called `name` of the run with this `seed`.
    pub fn fork(seed: u64, name: &str) -> Self {
        let mut hasher = SipHasher13::new_with_keys(seed, 0x526F_636B_6574_4D51);
        hasher.write(name.as_bytes());
        Self(Pcg32::seed_from_u64(hasher.finish()))
    }

    /// The stream called `name` that belongs to the owner of this one, which it leaves as it is.
    pub fn branch(&self, name: &str) -> Self {
        Self::fork(self.0.clone().next_u64(), name)
    }

    /// A number in `0..bound`; 0 when `bound` is 0. Unbiased (Lemire's method with rejection).
    pub fn below(&mut self, bound: u32) -> u32 {
        if bound == 0 {
            return 0;
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u64::from(self.0.next_u32()) * u64::from(bound);
            if (wide & 0xFFFF_FFFF) as u32 >= threshold {
                return (wide >> 32) as u32;
            }
        }
    }

    /// A number in `low..=high`; `low` when the range is empty.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        low + u64::from(self.below(u32::try_from(span).unwrap_or(u32::MAX)))
    }

    /// Whether something that happens with this probability happens now. Certain outcomes draw no number, so
    /// that switching loss on for one link leaves the others' streams alone.
    pub fn happens(&mut self, chance: Ratio) -> bool {
        chance.numerator > 0 && self.below(chance.denominator) < chance.numerator
    }
}

/// A probability as a fraction of integers, `0/1` to `1/1`. Prints and reads as `5/100` or `5%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ratio {
    numerator: u32,
    denominator: u32,
}

impl Ratio {
    /// Never.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// The fraction, or `None` unless `0 ≤ numerator ≤ denominator` and `denominator > 0`.
    pub const fn new(numerator: u32, denominator: u32) -> Option<Self> {
        if denominator == 0 || numerator > denominator { None } else { Some(Self { numerator, denominator }) }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 100 {
            write!(f, "{}%", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

impl FromStr for Ratio {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = match text.strip_suffix('%') {
            Some(percent) => (percent, "100"),
            None => text.split_once('/').unwrap_or((text, "1")),
        };
        let number = |part: &str| part.parse::<u32>().ok();
        number(parts.0)
            .zip(number(parts.1))
            .and_then(|(n, d)| Self::new(n, d))
            .ok_or_else(|| format!("`{text}` is not a probability; write 0, 1, 5% or 1/20"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_and_name_only() {
        let draw = |seed, name| {
            let mut rng = Rng::fork(seed, name);
            (0..4).map(|_| rng.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(42, "p1>broker-a"), draw(42, "p1>broker-a"));
        assert_ne!(draw(42, "p1>broker-a"), draw(42, "p1>broker-b"));
        assert_ne!(draw(42, "p1>broker-a"), draw(43, "p1>broker-a"));
    }

    #[test]
    fn values_stay_within_their_bounds() {
        let mut rng = Rng::fork(1, "bounds");
        assert!((0..1000).all(|_| (3..=7).contains(&rng.between(3, 7))));
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.between(9, 9), 9);
    }

    #[test]
    fn ratios_read_as_they_print() {
        for text in ["0/1", "5%", "1/20"] {
            assert_eq!(text.parse::<Ratio>().map(|r| r.to_string()), Ok(text.to_owned()));
        }
        assert!("3/2".parse::<Ratio>().is_err());
        assert!("-1%".parse::<Ratio>().is_err());
    }
}
