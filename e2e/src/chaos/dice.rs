//! Numbers that look random and are the same for a seed for ever: SplitMix64 (Steele, Lea and Flood, 2014). A library may
//! change its generator with a version, and the seeds on record would mean something else.

use std::ops::Range;

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The `n`-th of a seed's many sequences, none of which depends on how far another one has got.
    pub fn of_stream(seed: u64, n: u64) -> Self {
        Self::new(mixed(seed.wrapping_add(STEP)) ^ mixed(n.wrapping_mul(STEP)))
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mixed(self.state)
    }

    /// A number of the range, which must not be empty. (That some come more often by one in 2⁵⁰ does not matter here.)
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// True in so many cases of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.within(0..100) < percent
    }

    /// One of a list, which must not be empty.
    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.index(list.len())]
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.index(last + 1));
        }
    }

    /// A number below `len`, which must not be zero.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.within(0..len as u64)).unwrap_or_default()
    }
}

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the reference implementation, for the seed 1234567.
    #[test]
    fn it_is_splitmix64() {
        let mut dice = Dice::new(1_234_567);
        let first = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([dice.next(), dice.next(), dice.next()], first);
    }

    #[test]
    fn everything_of_a_list_comes_up_and_a_shuffle_keeps_it() {
        let mut dice = Dice::of_stream(1, 2);
        let mut list: Vec<u64> = (0..20).collect();
        let drawn: std::collections::BTreeSet<u64> = (0..1000).map(|_| dice.one_of(&list)).collect();
        assert_eq!(drawn.len(), list.len());
        dice.shuffle(&mut list);
        assert!(!list.is_sorted());
        list.sort_unstable();
        assert_eq!(list, (0..20).collect::<Vec<_>>());
    }
}
