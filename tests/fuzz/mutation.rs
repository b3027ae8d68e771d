//! Random mutations of inputs, like a fuzzer's, but without coverage.

use proptest::prelude::Rng as _;
use proptest::test_runner::TestRng;

/// The limit for an input, in bytes.
const LONGEST: usize = 8_192;

pub(crate) struct Mutator {
    rng: TestRng,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    pub(crate) fn new(rng: TestRng, seeds: Vec<Vec<u8>>) -> Self {
        Self { rng, seeds }
    }

    /// A seed with one to eight changes.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut bytes = self.seed();
        for _ in 0..=self.below(8) {
            self.change(&mut bytes);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn below(&mut self, end: usize) -> usize {
        let number = self.rng.next_u64() % end.max(1) as u64;
        usize::try_from(number).unwrap()
    }

    fn seed(&mut self) -> Vec<u8> {
        let index = self.below(self.seeds.len());
        self.seeds[index].clone()
    }

    /// A part of any seed.
    fn piece(&mut self) -> Vec<u8> {
        let seed = self.seed();
        let from = self.below(seed.len());
        let length = self.below((seed.len() - from).min(64)) + 1;
        seed.into_iter().skip(from).take(length).collect()
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        match self.below(6) {
            0 => {
                let bit = self.below(8);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            1 => bytes.insert(at, self.rng.next_u32().to_le_bytes()[0]),
            2 => {
                let end = bytes.len().min(at + 1 + self.below(16));
                bytes.drain(at..end);
            }
            3 => {
                let piece = self.piece();
                bytes.splice(at..at, piece);
            }
            4 => {
                let piece = self.piece();
                let end = bytes.len().min(at + piece.len());
                bytes.splice(at..end, piece);
            }
            _ => {
                // The rest of another seed.
                let other = self.seed();
                bytes.truncate(at);
                bytes.extend(other.into_iter().skip(at));
            }
        }
    }
}
