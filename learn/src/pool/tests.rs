use media::Component;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

const LR: Size = Size { width: 64, height: 64 };

/// Dark above, and below as far from its Lanczos upsampling as `hard` says; low resolution shows `shade`.
fn pair(shade: u8, hard: u8) -> Pair {
    let (mut lr, mut hr) = (Picture::new(LR), Picture::new(LR.scaled(2)));
    lr.plane_mut(Component::Y).fill(shade);
    hr.plane_mut(Component::Y).fill(shade);
    for row in hr.plane_mut(Component::Y).rows_mut().skip(LR.height as usize) {
        row.fill(shade + hard);
    }
    Pair { lr, hr }
}

/// Of each of 400 patches, its shade and its squared residual.
fn drawn(pool: &PairPool, selection: Selection) -> Vec<(u8, f32)> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut patches = Patches::default();
    (0..400)
        .map(|_| {
            pool.draw(1, 8, selection, &mut random, 1, &mut patches).unwrap();
            let Patches { luma, residual } = &patches;
            (luma[0] as u8, residual.iter().map(|value| value * value).sum::<f32>())
        })
        .collect()
}

#[test]
fn threads_change_nothing_of_what_is_drawn() {
    let mut pool = PairPool::new(8, 2);
    for (shade, hard) in [(10, 0), (20, 90), (30, 40)] {
        pool.push(&pair(shade, hard)).unwrap();
    }
    let drawn = |threads| {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut patches = Patches::default();
        pool.draw(10, 8, Selection::Hardest(2), &mut random, threads, &mut patches).unwrap();
        (patches.luma, patches.residual)
    };
    let alone = drawn(1);
    assert_eq!((alone.0.len(), alone.1.len()), (10 * 64, 10 * 256));
    assert!([3, 10, 16].into_iter().all(|threads| drawn(threads) == alone));
}

#[test]
fn recent_pairs_come_up_more_often() {
    let mut pool = PairPool::new(8, 2).with_recency(0.5);
    for shade in [10, 20, 30] {
        pool.push(&pair(shade, 0)).unwrap();
    }
    let drawn = drawn(&pool, Selection::Any);
    let share = |shade: u8| drawn.iter().filter(|(found, _)| *found == shade).count() as f64 / 400.0;
    for (shade, wanted) in [(10, 1.0 / 7.0), (20, 2.0 / 7.0), (30, 4.0 / 7.0)] {
        assert!((share(shade) - wanted).abs() < 0.08, "{} of {shade}, {wanted} expected", share(shade));
    }
}

#[test]
fn without_recency_all_pairs_are_equal() {
    let mut pool = PairPool::new(8, 2);
    for shade in [10, 20] {
        pool.push(&pair(shade, 0)).unwrap();
    }
    let first = drawn(&pool, Selection::Any).iter().filter(|(shade, _)| *shade == 10).count();
    assert!((160..240).contains(&first), "{first} of 400");
    pool.fade(1.0 / 3.0, 0);
    pool.push(&pair(30, 0)).unwrap();
    let newest = drawn(&pool, Selection::Any).iter().filter(|(shade, _)| *shade == 30).count();
    assert!((200..280).contains(&newest), "{newest} of 400: three fifths are expected");
    pool.fade(1e-6, 1);
    assert!(drawn(&pool, Selection::Any).iter().all(|(shade, _)| *shade == 30), "it is spared");
}

#[test]
fn hard_patches_are_chosen() {
    let mut pool = PairPool::new(2, 2);
    pool.push(&pair(40, 50)).unwrap();
    let hard = |selection| drawn(&pool, selection).iter().filter(|(_, error)| *error > 0.0).count();
    let any = hard(Selection::Any);
    assert!((150..290).contains(&any), "{any} of 400 without selection");
    for selection in [Selection::Hardest(8), Selection::HarderThanPicture(8)] {
        let hard = hard(selection);
        assert!(hard > 390, "{hard} of 400 with {selection:?}");
    }
}

#[test]
fn a_full_pool_forgets_the_oldest() {
    let mut pool = PairPool::new(2, 2);
    for shade in [10, 20, 30] {
        pool.push(&pair(shade, 0)).unwrap();
    }
    assert_eq!((pool.len(), pool.pushed()), (2, 3));
    assert!(drawn(&pool, Selection::Any).iter().all(|(shade, _)| *shade > 10));
}
