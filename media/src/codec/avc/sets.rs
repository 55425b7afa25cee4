//! The parameter sets that are in force, by their numbers: from the configuration record, and from within the stream.

use bytes::Bytes;

use super::sps::{SliceSyntax, Sps};
use super::{AvcConfig, nal};
use crate::codec::bits::BitReader;
use crate::codec::error::CodecError;

/// Numbers that sets can have (7.4.2.1.1, 7.4.2.2), hence how many there can be.
const MOST_SPS: u32 = 32;
const MOST_PPS: u32 = 256;

#[derive(Debug, Default)]
pub(super) struct ParameterSets {
    /// In the order in which they came: number, and the NAL unit.
    sps: Vec<(u32, Bytes)>,
    pps: Vec<(u32, Bytes)>,
    /// What the first of `sps` says of slices, and what all others do, in their order.
    syntax: Vec<SliceSyntax>,
    /// The sequence parameter set that each of `pps` refers to.
    refers: Vec<u32>,
}

impl ParameterSets {
    /// Those of a configuration record.
    pub(super) fn of(config: &AvcConfig) -> Self {
        let mut sets = Self::default();
        for set in config.parameter_sets().into_iter().flatten() {
            // What a record holds beside its first set is not checked when it is read: what is damaged is not in force.
            let _ = sets.take(&config.record().slice_ref(set));
        }
        sets
    }

    /// Takes a NAL unit of kind SPS or PPS in. Answers whether it changes anything.
    pub(super) fn take(&mut self, unit: &Bytes) -> Result<bool, CodecError> {
        let payload = nal::payload(unit);
        let mut bits = BitReader::new(&payload);
        if nal::kind(unit) == nal::SPS {
            let syntax = Sps::parse(unit)?.slices;
            bits.read(24)?; // profile, constraint flags, level
            let number = bits.golomb()?.min(MOST_SPS - 1);
            return Ok(put(&mut self.sps, &mut self.syntax, number, unit, syntax));
        }
        let number = bits.golomb()?.min(MOST_PPS - 1);
        let sps = bits.golomb()?;
        Ok(put(&mut self.pps, &mut self.refers, number, unit, sps))
    }

    /// How slices are to be read that name this picture parameter set.
    pub(super) fn slice_syntax(&self, pps: u32) -> Option<SliceSyntax> {
        let at = position(&self.pps, pps)?;
        let sps = position(&self.sps, self.refers[at])?;
        self.syntax.get(sps).copied()
    }

    /// The record of all sets, that one first which is in use by slices that name `pps`.
    pub(super) fn config(&self, pps: Option<u32>) -> Result<AvcConfig, CodecError> {
        let active = pps.and_then(|pps| position(&self.pps, pps)).map(|at| self.refers[at]);
        let mut sps: Vec<_> = self.sps.iter().collect();
        sps.sort_by_key(|(number, _)| Some(*number) != active);
        let sps: Vec<&[u8]> = sps.into_iter().map(|(_, unit)| &unit[..]).collect();
        let pps: Vec<&[u8]> = self.pps.iter().map(|(_, unit)| &unit[..]).collect();
        AvcConfig::from_sets(&sps, &pps)
    }
}

fn position(sets: &[(u32, Bytes)], number: u32) -> Option<usize> {
    sets.iter().position(|(found, _)| *found == number)
}

/// Puts a set in the place of the one with its number, and what was read of it beside it.
fn put<T>(sets: &mut Vec<(u32, Bytes)>, facts: &mut Vec<T>, number: u32, unit: &Bytes, fact: T) -> bool {
    match position(sets, number) {
        Some(at) if sets[at].1 == *unit => return false,
        Some(at) => {
            sets[at].1 = unit.clone();
            facts[at] = fact;
        }
        None => {
            sets.push((number, unit.clone()));
            facts.push(fact);
        }
    }
    true
}
