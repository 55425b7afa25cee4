//! The accelerator's time, handed out over all lanes by the one place that knows them all.
//!
//! [`plan`] is pure: measured costs and every lane's claim in, a preset for each out. An `auto` stream that is alone
//! gets the largest that fits. Where two or more share, trained nets stay while the sum fits; the others begin with the
//! smallest preset and are raised in turn, the smallest first. Fixed profiles take theirs first. The second stage gets
//! what is left; it measures that (the lane) and asks here how many lanes share it.

use std::sync::Arc;

use models::{FEdsrConfig, Preset};
use parking_lot::Mutex;

use super::live::Demand;
use super::model::StreamModel;
use super::profile::{Costs, Profile, SHARE, USUAL, pixels};

/// Share of the accelerator that may be in use after a stream was raised above the preset that it had. The gap to
/// [`SHARE`] keeps streams from changing nets with every lane that comes and goes.
const SHARE_TO_RAISE: f64 = 0.55;

/// A preset that was not measured is taken to cost this many times the one before it.
const STEP: f64 = 3.0;

/// Knows every lane, and what was chosen for it. A lane counts from its first picture until its stream's session ends.
#[derive(Debug, Default)]
pub struct Machine(Mutex<Vec<(Arc<StreamModel>, Option<Preset>)>>);

/// What a lane asks of the accelerator.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// What the configuration says.
    pub profile: Profile,
    /// The pictures to keep up with.
    pub demand: Demand,
    /// The smallest preset that is no smaller than its trained net, if it has one.
    pub trained: Option<Preset>,
    /// What was chosen last for these pictures.
    pub chosen: Option<Preset>,
}

impl Machine {
    /// A lane got to know its pictures, or they changed: it is chosen for afresh.
    pub fn enter(&self, model: &Arc<StreamModel>) {
        let mut lanes = self.0.lock();
        // Without a choice to hold on to, the limit for raising does not apply to it.
        match lanes.iter_mut().find(|(known, _)| Arc::ptr_eq(known, model)) {
            Some((_, chosen)) => *chosen = None,
            None => lanes.push((Arc::clone(model), None)),
        }
    }

    /// Lanes that share the machine now.
    pub fn lanes(&self) -> usize {
        self.0.lock().iter().filter(|(model, _)| model.live.demand().is_some()).count()
    }

    /// Chooses for all lanes together; answers those whose choice is new, with it. Lanes that have ended are forgotten.
    pub fn choose(&self, costs: Option<&Costs>) -> Vec<(Arc<StreamModel>, Preset)> {
        let mut lanes = self.0.lock();
        let mut claims = Vec::with_capacity(lanes.len());
        lanes.retain(|(model, chosen)| {
            let claim = claim(model, *chosen);
            claims.extend(claim);
            claim.is_some()
        });
        let mut changed = Vec::new();
        for ((model, chosen), planned) in lanes.iter_mut().zip(plan(costs, &claims)) {
            if let Some(preset) = planned
                && *chosen != planned
            {
                *chosen = planned;
                changed.push((Arc::clone(model), preset));
            }
        }
        changed
    }
}

/// None: the lane has ended.
fn claim(model: &StreamModel, chosen: Option<Preset>) -> Option<Claim> {
    Some(Claim {
        profile: model.profile,
        demand: model.live.demand()?,
        trained: model.accepted.newest_trained().map(covering),
        chosen,
    })
}

/// The largest preset that a stream's streamer may train and send; `None` where the configuration wants no net.
pub fn largest_preset(model: &StreamModel, costs: Option<&Costs>) -> Option<Preset> {
    let chosen = model.accepted.preset().unwrap_or_else(|| {
        let demand = model.live.demand().unwrap_or(USUAL);
        costs.map_or(Preset::Nano, |costs| costs.choose(demand))
    });
    fixed(model.profile, chosen)
}

/// The preset for every claim; `None` where the configuration wants no net.
pub fn plan(costs: Option<&Costs>, claims: &[Claim]) -> Vec<Option<Preset>> {
    let Some(costs) = costs else {
        return claims.iter().map(|claim| fixed(claim.profile, Preset::Nano)).collect();
    };
    if claims.iter().filter(|claim| claim.profile != Profile::Plain).count() < 2 {
        // Nobody to share with: the choice is the stream's own.
        return claims.iter().map(|claim| fixed(claim.profile, costs.choose(claim.demand))).collect();
    }
    // What may stay stays first; then the sum is made to fit, and then what is left is given out.
    let mut plan: Vec<_> = claims.iter().map(|claim| fixed(claim.profile, first(claim))).collect();
    lower(costs, claims, &mut plan);
    while raise_one(costs, claims, &mut plan) {}
    plan
}

/// `auto`, unless the configuration decides.
fn fixed(profile: Profile, auto: Preset) -> Option<Preset> {
    match profile {
        Profile::Plain => None,
        Profile::Fixed(preset) => Some(preset),
        Profile::Auto => Some(auto),
    }
}

/// A trained net is worth more than its preset says, so it is not given up for balance alone.
fn first(claim: &Claim) -> Preset {
    claim.trained.unwrap_or(Preset::Nano)
}

/// Takes trained nets away, a step at a time from whoever needs most, until the sum fits.
fn lower(costs: &Costs, claims: &[Claim], plan: &mut [Option<Preset>]) {
    while load(costs, claims, plan) > SHARE {
        let lowered = (0..claims.len()).filter(|&index| claims[index].profile == Profile::Auto);
        let candidates = lowered.filter_map(|index| {
            let preset = plan[index]?;
            let below = Preset::ALL.into_iter().rev().find(|&other| other < preset)?;
            Some((index, below, need(costs, claims[index].demand, preset)))
        });
        let Some((index, below, _)) = candidates.max_by(|a, b| a.2.total_cmp(&b.2)) else { return };
        plan[index] = Some(below);
    }
}

/// Raises the stream with the smallest preset that can be raised. `false`: none can.
fn raise_one(costs: &Costs, claims: &[Claim], plan: &mut [Option<Preset>]) -> bool {
    let mut order: Vec<_> =
        (0..claims.len()).filter(|&index| claims[index].profile == Profile::Auto).collect();
    // Stable: who came first goes first among equals.
    order.sort_by_key(|&index| plan[index]);
    for index in order {
        let Claim { demand, chosen, .. } = claims[index];
        let had = plan[index];
        let larger = costs.nets.iter().map(|(preset, _)| *preset).filter(|preset| Some(*preset) > had);
        for preset in larger.filter(|preset| costs.fits(*preset, demand)) {
            let limit = if chosen.is_none_or(|chosen| preset <= chosen) { SHARE } else { SHARE_TO_RAISE };
            plan[index] = Some(preset);
            if load(costs, claims, plan) <= limit {
                return true;
            }
            // A larger one may still fit where costs were measured in a busy moment.
            plan[index] = had;
        }
    }
    false
}

/// Share of the accelerator's time that the nets of a plan need.
fn load(costs: &Costs, claims: &[Claim], plan: &[Option<Preset>]) -> f64 {
    let needs = claims
        .iter()
        .zip(plan)
        .map(|(claim, preset)| preset.map_or(0.0, |preset| need(costs, claim.demand, preset)));
    needs.sum()
}

/// Share of the accelerator's time that one net needs.
fn need(costs: &Costs, demand: Demand, preset: Preset) -> f64 {
    let measured = |preset| costs.nets.iter().find(|(known, _)| *known == preset).map(|(_, time)| *time);
    let time = measured(preset).map_or_else(
        || {
            let Some((largest, time)) = costs.nets.last() else { return 0.0 };
            let steps = Preset::ALL.iter().filter(|other| **other > *largest && **other <= preset).count();
            time.as_secs_f64() * STEP.powi(steps as i32)
        },
        |time| time.as_secs_f64(),
    );
    time * pixels(demand) * demand.frame_rate.as_f64().max(1.0)
}

/// The smallest preset that is as large as this net.
fn covering(config: FEdsrConfig) -> Preset {
    let covers =
        |preset: &Preset| preset.config(config.scale).is_ok_and(|preset| !config.is_larger_than(preset));
    Preset::ALL.into_iter().find(covers).unwrap_or(Preset::Large)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use media::picture::{FrameRate, Size};

    use super::*;
    use Preset::{Base, Mini, Nano, Small};

    fn costs() -> Costs {
        let millis = [(Nano, 4), (Mini, 8), (Small, 12), (Base, 60)];
        Costs {
            cores: 1,
            base: Duration::from_millis(3),
            nets: millis.map(|(preset, millis)| (preset, Duration::from_millis(millis))).to_vec(),
        }
    }

    const fn claim(profile: Profile, rate: u32) -> Claim {
        let size = Size { width: 480, height: 270 };
        let demand = Demand { size, frame_rate: FrameRate { num: rate, den: 1 } };
        Claim { profile, demand, trained: None, chosen: None }
    }

    const AUTO: Claim = claim(Profile::Auto, 30);

    fn planned(claims: &[Claim]) -> Vec<Preset> {
        plan(Some(&costs()), claims).into_iter().flatten().collect()
    }

    #[test]
    fn one_stream_gets_what_it_always_got() {
        for (rate, width) in [(5, 480), (30, 480), (60, 480), (30, 960), (24, 240), (200, 1920)] {
            let mut alone = claim(Profile::Auto, rate);
            alone.demand.size = Size { width, height: width / 16 * 9 };
            for (trained, chosen) in [(None, None), (Some(Base), None), (None, Some(Nano))] {
                let alone = Claim { trained, chosen, ..alone };
                assert_eq!(planned(&[alone]), [costs().choose(alone.demand)], "{alone:?}");
            }
        }
    }

    #[test]
    fn streams_share_so_that_the_sum_fits() {
        let table: [(&[Claim], &[Preset]); 7] = [
            (&[AUTO], &[Small]),
            // 12 + 8 ms of 33.
            (&[AUTO; 2], &[Small, Mini]),
            (&[AUTO; 3], &[Mini, Mini, Nano]),
            (&[AUTO; 5], &[Nano; 5]),
            // Nothing is smaller; the lanes' pace has to help.
            (&[AUTO; 9], &[Nano; 9]),
            (&[claim(Profile::Fixed(Small), 30), AUTO], &[Small, Mini]),
            // A fixed one has its net though it leaves nothing.
            (&[claim(Profile::Fixed(Preset::Large), 30), AUTO], &[Preset::Large, Nano]),
        ];
        for (claims, expected) in table {
            assert_eq!(planned(claims), expected, "{claims:?}");
        }
        assert_eq!(plan(Some(&costs()), &[claim(Profile::Plain, 30), AUTO]), [None, Some(Small)]);
        assert_eq!(plan(None, &[AUTO, claim(Profile::Fixed(Base), 30)]), [Some(Nano), Some(Base)]);
    }

    #[test]
    fn every_sum_fits_unless_all_have_the_smallest() {
        for count in 2..12 {
            for rate in [5, 15, 30, 60] {
                let claims = vec![claim(Profile::Auto, rate); count];
                let plan = plan(Some(&costs()), &claims);
                let fits = load(&costs(), &claims, &plan) <= SHARE;
                assert!(
                    fits || plan.iter().all(|preset| *preset == Some(Nano)),
                    "{count} at {rate}: {plan:?}"
                );
            }
        }
    }

    #[test]
    fn a_trained_net_stays_unless_the_sum_no_longer_fits() {
        let trained = Claim { trained: Some(Small), chosen: Some(Small), ..AUTO };
        assert_eq!(planned(&[trained, AUTO]), [Small, Mini]);
        // Fairness alone would say Mini, Mini, Nano; 12 + 4 + 4 fits too.
        assert_eq!(planned(&[trained, AUTO, AUTO]), [Small, Nano, Nano]);
        // 12 + 3 * 4 = 24 of 33 ms does not.
        assert_eq!(planned(&[trained, AUTO, AUTO, AUTO]), [Mini, Nano, Nano, Nano]);
        assert_eq!(planned(&[trained, trained]), [Small, Mini]);
    }

    #[test]
    fn who_was_lowered_is_raised_only_into_ample_room() {
        let at = |chosen, rate| Claim { chosen: Some(chosen), ..claim(Profile::Auto, rate) };
        // Small and Mini need 60 %: enough to be kept, too much to be raised to.
        assert_eq!(planned(&[at(Small, 30), at(Mini, 30)]), [Small, Mini]);
        assert_eq!(planned(&[at(Mini, 30), at(Mini, 30)]), [Mini, Mini]);
        assert_eq!(planned(&[at(Mini, 25), at(Mini, 25)]), [Small, Mini]);
    }
}
