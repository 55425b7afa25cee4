//! The definition, written with `ndarray` and without a thought for speed, and everything that runs against it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail where they stand")]

use kernels::convolve::Instructions;
use kernels::float::forward;
use kernels::program::Luma;
use kernels::quantise::Coding;
use kernels::{Convolution, Net, Program, Ranges};
use ndarray::{Array3, Zip, s};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

/// Channels, rows, columns.
type Planes = Array3<f32>;
type Bytes = Array3<u8>;

/// Any convolution, with zeros around: `sum(output, products)` makes an output's value of all products' operands.
fn convolve<T: Copy, S, V: Clone + Default>(
    layer: &Convolution,
    input: &Array3<T>,
    sum: impl Fn(usize, &mut dyn Iterator<Item = (usize, usize, Option<T>)>) -> S,
    finish: impl Fn(usize, S, [usize; 2]) -> V,
) -> Array3<V> {
    let (_, height, width) = input.dim();
    let half = layer.kernel / 2;
    Array3::from_shape_fn((layer.outputs, height, width), |(output, y, x)| {
        let mut operands = (0..layer.inputs).flat_map(|channel| {
            (0..layer.kernel * layer.kernel).map(move |tap| {
                let row = (y + tap / layer.kernel).checked_sub(half);
                let column = (x + tap % layer.kernel).checked_sub(half);
                let value =
                    row.zip(column).and_then(|(row, column)| input.get([channel, row, column]).copied());
                (channel, tap, value)
            })
        });
        finish(output, sum(output, &mut operands), [y, x])
    })
}

fn float(layer: &Convolution, input: &Planes) -> Planes {
    convolve(
        layer,
        input,
        |output, operands| {
            let product = |(channel, tap, value): (usize, usize, Option<f32>)| {
                f64::from(layer.taps(output, channel)[tap]) * f64::from(value.unwrap_or(0.0))
            };
            operands.map(product).sum::<f64>() + f64::from(layer.bias[output])
        },
        |_, sum, _| sum as f32,
    )
}

/// The whole net in floating point: the residual by cell.
fn float_net(net: &Net, luma: &Bytes) -> Planes {
    let head = float(&net.head, &luma.mapv(f32::from));
    let mut trunk = head.clone();
    for [first, second] in &net.blocks {
        let inner = float(first, &trunk).mapv(|value| value.max(0.0));
        trunk += &float(second, &inner);
    }
    let features = float(&net.close, &trunk) + head;
    float(&net.last, &float(&net.up, &features))
}

/// One convolution in integers, as `kernels` documents it.
fn integer(
    layer: &Convolution,
    input: &Bytes,
    coding: &Coding,
    scale: impl Fn(usize) -> f32,
    zero: impl Fn(usize) -> f32,
    before: impl Fn([usize; 3]) -> (u8, f32, u8),
    store: impl Fn(i32) -> u8,
) -> Bytes {
    let value =
        |output: usize, channel: usize, tap: usize| layer.taps(output, channel)[tap] * coding.scale[channel];
    let area = layer.kernel * layer.kernel;
    let all = |output: usize| {
        (0..layer.inputs).flat_map(move |channel| (0..area).map(move |tap| (output, channel, tap)))
    };
    let units: Vec<f32> = (0..layer.outputs)
        .map(|output| {
            let largest = all(output).map(|(o, c, t)| value(o, c, t).abs()).fold(0.0_f32, f32::max);
            if largest > 0.0 { largest / 127.0 } else { 1.0 }
        })
        .collect();
    let weight = |output: usize, channel: usize, tap: usize| {
        (value(output, channel, tap) / units[output]).round_ties_even().clamp(-127.0, 127.0) as i64
    };
    convolve(
        layer,
        input,
        |output, operands| {
            let product = |(channel, tap, byte): (usize, usize, Option<u8>)| {
                weight(output, channel, tap) * i64::from(byte.unwrap_or(coding.zero[channel]))
            };
            operands.map(product).sum::<i64>()
        },
        |output, sum, [y, x]| {
            let zeros: i64 = all(output).map(|(o, c, t)| weight(o, c, t) * i64::from(coding.zero[c])).sum();
            let bias = layer.bias[output] - units[output] * zeros as f32;
            let factor = units[output] / scale(output);
            let (byte, skip, skip_zero) = before([output, y, x]);
            let offset = bias / scale(output) + zero(output) - skip * f32::from(skip_zero);
            let value = f32::from(byte).mul_add(skip, (sum as f32).mul_add(factor, offset));
            store(value.round_ties_even() as i32)
        },
    )
}

/// Nothing is added.
const NOTHING: (u8, f32, u8) = (0, 0.0, 0);

fn saturated(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

fn byte(layer: &Convolution, input: &Bytes, from: &Coding, to: &Coding) -> Bytes {
    let zero = |channel: usize| f32::from(to.zero[channel]);
    integer(layer, input, from, |channel| to.scale[channel], zero, |_| NOTHING, saturated)
}

/// One that a tensor is added to, which is read as `skip` says.
fn sum(
    layer: &Convolution,
    input: &Bytes,
    from: &Coding,
    to: &Coding,
    before: &Bytes,
    skip: &Coding,
) -> Bytes {
    let zero = |channel: usize| f32::from(to.zero[channel]);
    let before =
        |place: [usize; 3]| (before[place], skip.scale[place[0]] / to.scale[place[0]], skip.zero[place[0]]);
    integer(layer, input, from, |channel| to.scale[channel], zero, before, saturated)
}

/// The whole net in integers: the large picture.
fn integer_net(net: &Net, ranges: &Ranges, luma: &Bytes, large: &Bytes) -> Bytes {
    let codings: Vec<Coding> = ranges.trunk.iter().map(|ranges| Coding::of(ranges)).collect();
    let up_coding = Coding::of(&ranges.up);
    let head = byte(&net.head, luma, &Coding::codes(), &codings[0]);
    let mut trunk = head.clone();
    for (number, [first, second]) in net.blocks.iter().enumerate() {
        let inner_coding = Coding::of(&ranges.inner[number]);
        let inner = byte(first, &trunk, &codings[number], &inner_coding);
        trunk = sum(second, &inner, &inner_coding, &codings[number + 1], &trunk, &codings[number]);
    }
    let [.., deepest, features_coding] = &codings[..] else { unreachable!() };
    let features = sum(&net.close, &trunk, deepest, features_coding, &head, &codings[0]);
    let up = byte(&net.up, &features, features_coding, &up_coding);
    let signed = |value: i32| value.clamp(-128, 127) as i8 as u8;
    let residual = integer(&net.last, &up, &up_coding, |_| 1.0, |_| 0.0, |_| NOTHING, signed);
    Array3::from_shape_fn(large.dim(), |(_, y, x)| {
        let cell = [y % net.scale * net.scale + x % net.scale, y / net.scale, x / net.scale];
        large[[0, y, x]].saturating_add_signed(residual[cell] as i8)
    })
}

fn run(program: &mut Program, scale: usize, luma: &Bytes, large: &Bytes) -> Bytes {
    let (_, height, width) = luma.dim();
    // Rows with gaps, as decoders leave them.
    let stride = width + 5;
    let mut rows = vec![0xee; stride * height];
    for y in 0..height {
        for x in 0..width {
            rows[y * stride + x] = luma[[0, y, x]];
        }
    }
    let mut sum: Vec<u8> = large.iter().copied().collect();
    program.run(Luma { width, height, stride, data: &rows }, &mut sum, width * scale);
    Array3::from_shape_vec(large.dim(), sum).unwrap()
}

prop_compose! {
    fn convolution(inputs: usize, outputs: usize, kernel: usize)(
        weight in prop::collection::vec(-1.0_f32..1.0, inputs * outputs * kernel * kernel),
        bias in prop::collection::vec(-2.0_f32..2.0, outputs),
    ) -> Convolution {
        let spread = (inputs * kernel * kernel) as f32;
        let weight = weight.iter().map(|weight| weight * 2.0 / spread.sqrt()).collect();
        Convolution::new(inputs, outputs, kernel, weight, bias)
    }
}

fn any_net() -> impl Strategy<Value = Net> {
    (1_usize..=11, 1_usize..=2, 2_usize..=4, 1_usize..=3).prop_flat_map(|(channels, blocks, scale, tail)| {
        let area = scale * scale;
        let block = || [convolution(channels, channels, 3), convolution(channels, channels, 3)];
        (
            convolution(1, channels, 5),
            prop::collection::vec(block(), blocks),
            convolution(channels, channels, 3),
            convolution(channels, tail * area, 3),
            convolution(tail * area, area, 3),
        )
            .prop_map(move |(head, blocks, close, up, last)| Net {
                scale,
                head,
                blocks,
                close,
                up,
                last,
            })
    })
}

fn bytes(height: usize, width: usize) -> impl Strategy<Value = Bytes> {
    let values = prop::collection::vec(any::<u8>(), height * width);
    values.prop_map(move |values| Array3::from_shape_vec((1, height, width), values).unwrap())
}

/// A net, a picture, and what it is added to.
fn any_task() -> impl Strategy<Value = (Net, Bytes, Bytes)> {
    (any_net(), 1_usize..=6, prop::sample::select(vec![1_usize, 2, 15, 16, 17, 37, 80, 97])).prop_flat_map(
        |(net, height, width)| {
            let scale = net.scale;
            (Just(net), bytes(height, width), bytes(height * scale, width * scale))
        },
    )
}

fn packed(luma: &Bytes) -> Vec<u8> {
    luma.iter().copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_instruction_set_gives_the_bits_of_the_definition((net, luma, large) in any_task(), tight in any::<bool>()) {
        let mut ranges = Ranges::new(&net);
        prop_assert!(ranges.observe(&net, &packed(&luma), luma.dim().2).is_some());
        if tight {
            // Far too narrow, so that nearly everything saturates.
            ranges = ranges.widened(0.05);
        }
        let expected = integer_net(&net, &ranges, &luma, &large);
        for instructions in Instructions::available() {
            let mut program = Program::new(&net, &ranges, instructions);
            for _ in 0..2 {
                prop_assert_eq!(&run(&mut program, net.scale, &luma, &large), &expected, "{}", instructions);
            }
        }
    }

    #[test]
    fn what_has_not_changed_is_as_if_it_had_been_computed(
        (net, luma, large) in any_task(),
        changes in prop::collection::vec((0..1000_usize, 0..1000_usize, 1..9_usize, 1..40_usize, any::<u8>()), 0..4),
    ) {
        let mut ranges = Ranges::new(&net);
        prop_assert!(ranges.observe(&net, &packed(&luma), luma.dim().2).is_some());
        for instructions in Instructions::available() {
            let mut program = Program::new(&net, &ranges, instructions);
            let mut luma = luma.clone();
            prop_assert_eq!(run(&mut program, net.scale, &luma, &large), integer_net(&net, &ranges, &luma, &large));
            for (y, x, height, width, value) in &changes {
                let (_, rows, columns) = luma.dim();
                let y = y % rows;
                let x = x % columns;
                luma.slice_mut(s![0, y..rows.min(y + height), x..columns.min(x + width)]).fill(*value);
                let found = run(&mut program, net.scale, &luma, &large);
                prop_assert_eq!(found, integer_net(&net, &ranges, &luma, &large), "{}", instructions);
            }
        }
    }

    #[test]
    fn the_float_pass_is_the_definition((net, luma, _) in any_task()) {
        let expected = float_net(&net, &luma);
        let found = forward(&net, &packed(&luma), luma.dim().2, |_, _| {});
        for ((channel, y, x), expected) in expected.indexed_iter() {
            let found = found.row(channel, y)[x];
            prop_assert!((found - expected).abs() <= 1e-3 * (1.0 + expected.abs()), "{found} and {expected}");
        }
    }
}

#[test]
fn eight_bits_are_close_to_floating_point() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let net = any_net().new_tree(&mut runner).unwrap().current();
    let luma = Array3::from_shape_fn((1, 40, 64), |(_, y, x)| {
        (128.0 + 60.0 * (x as f32 / 9.0).sin() * (y as f32 / 7.0).cos()) as u8
    });
    let mut ranges = Ranges::new(&net);
    assert!(ranges.observe(&net, &packed(&luma), 64).is_some());
    let large = Array3::from_elem((1, 40 * net.scale, 64 * net.scale), 128);
    let expected = float_net(&net, &luma);
    let found = run(&mut Program::new(&net, &ranges, Instructions::best()), net.scale, &luma, &large);
    let mut squares = 0.0;
    Zip::indexed(&found).for_each(|(_, y, x), found| {
        let cell = [y % net.scale * net.scale + x % net.scale, y / net.scale, x / net.scale];
        squares += (f64::from(*found) - 128.0 - f64::from(expected[cell].clamp(-128.0, 127.0))).powi(2);
    });
    let error = (squares / found.len() as f64).sqrt();
    let spread = expected.std(0.0);
    assert!(error < 0.05 * f64::from(spread) + 0.5, "error {error:.2} of values that vary by {spread:.2}");
}

#[test]
fn pictures_may_change_their_size() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let net = any_net().new_tree(&mut runner).unwrap().current();
    let mut ranges = Ranges::new(&net);
    let picture = |height: usize, width: usize| {
        Array3::from_shape_fn((1, height, width), |(_, y, x)| (y * 31 + x * 7) as u8)
    };
    assert!(ranges.observe(&net, &packed(&picture(9, 50)), 50).is_some());
    let mut program = Program::new(&net, &ranges, Instructions::best());
    for (height, width) in [(9, 50), (4, 16), (9, 50), (3, 81)] {
        let luma = picture(height, width);
        let large = picture(height * net.scale, width * net.scale);
        assert_eq!(run(&mut program, net.scale, &luma, &large), integer_net(&net, &ranges, &luma, &large));
    }
}

#[test]
fn ranges_that_are_too_narrow_are_found_and_widened() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let net = any_net().new_tree(&mut runner).unwrap().current();
    let luma = Array3::from_shape_fn((1, 40, 75), |(_, y, x)| {
        (120.0 + 90.0 * (x as f32 / 5.0).sin() * (y as f32 / 4.0).cos()) as u8
    });
    let large = Array3::from_elem((1, 40 * net.scale, 75 * net.scale), 128);
    let mut wide = Ranges::new(&net);
    assert!(wide.observe(&net, &packed(&luma), 75).is_some());
    let mut ranges = wide.widened(0.3);
    let mut rounds = 0;
    loop {
        let mut program = Program::new(&net, &ranges, Instructions::best());
        run(&mut program, net.scale, &luma, &large);
        if !program.widen(&mut ranges) {
            break;
        }
        rounds += 1;
        assert!(rounds < 30, "it comes to an end");
    }
    assert!(rounds > 1);
    // Nearly all that there is has a place now, and there is not much more room than that.
    let widest = |ranges: &Ranges| {
        ranges.trunk.iter().flatten().map(|range| range.most - range.least).fold(0.0, f32::max)
    };
    assert!((0.9..1.6).contains(&(widest(&ranges) / widest(&wide))), "{}", widest(&ranges) / widest(&wide));
}
