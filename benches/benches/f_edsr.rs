//! What F-EDSR costs: per preset and precision, a picture of 480x270 to 960x540 from luma to luma; and a training step.
//! Plain upsampling is measured beside it, as the reference of the run. Runs on CUDA where there is one.
//!
//! `cargo bench -p sharpcast-benches --bench f_edsr`

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use learn::{Pair, PairPool, Trainer, TrainerSettings};
use media::ffmpeg::{Filter, Scaler};
use media::{Picture, Size};
use models::package::Metadata;
use models::{Architecture as _, Package, Preset, stock};
use nets::device::DeviceChoice;
use nets::native::{self, Native};
use nets::torch::{Torch, configure_threads};
use nets::{Backend as _, Device, Precision};

const LR: Size = Size { width: 480, height: 270 };
const HR: Size = Size { width: 960, height: 540 };
const SCALE: u8 = 2;
const PRESETS: [Preset; 4] = [Preset::Nano, Preset::Mini, Preset::Small, Preset::Base];
const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::Bf16];

/// Waves with some grain: no flat places, and nothing that no camera would show.
fn picture(size: Size) -> Picture {
    let mut picture = Picture::new(size);
    for (y, row) in picture.luma_mut().rows_mut().enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let wave = ((x as f32 * 0.31).sin() + (y as f32 * 0.17).cos()) * 45.0;
            *pixel = (128.0 + wave) as u8 ^ ((x * 7 + y * 13) % 5) as u8;
        }
    }
    picture
}

fn package(preset: Preset) -> Package {
    let config = preset.config(SCALE).expect("presets are within the limits");
    let weights: Vec<_> = config.tensors().iter().map(|spec| vec![0.001; spec.elements()]).collect();
    Package::write(&Metadata::new(config), &weights).expect("these are the shapes of the net")
}

fn device() -> Device {
    DeviceChoice::Auto.resolve().expect("there is always the processor")
}

fn serving(criterion: &mut Criterion) {
    configure_threads(1);
    let device = device();
    let mut group = criterion.benchmark_group(format!("picture 480x270 on {device}"));
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    let torch = Torch::new(device);
    let lr = picture(LR);
    let mut lanczos = Scaler::new(Filter::Lanczos);
    group.bench_function("lanczos", |bencher| bencher.iter(|| lanczos.scale(black_box(&lr), HR)));
    for preset in PRESETS {
        let package = stock::package(preset).unwrap_or_else(|| package(preset));
        let mut nets = Vec::new();
        for precision in PRECISIONS {
            nets.push((precision, torch.upscaler(&package, precision).expect("libtorch builds it")));
        }
        if device == Device::Cpu && native::is_fast() {
            let native =
                Native::new(None, None).upscaler(&package, Precision::Int8).expect("eight bits are enough");
            nets.push((Precision::Int8, native));
        }
        for (precision, mut net) in nets {
            let mut plain = Some(picture(HR));
            group.bench_function(BenchmarkId::new(preset.name(), precision), |bencher| {
                bencher.iter(|| {
                    let picture = plain.take().expect("put back below");
                    plain = Some(net.upscale(black_box(&lr), picture).expect("the sizes fit"));
                });
            });
        }
    }
}

fn training(criterion: &mut Criterion) {
    configure_threads(1);
    let device = device();
    let mut group = criterion.benchmark_group(format!("training step, 16 patches of 32x32, on {device}"));
    group.sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    let mut pool = PairPool::new(4, SCALE);
    for _ in 0..4 {
        pool.push(&Pair { lr: picture(LR), hr: picture(HR) }).expect("the sizes fit");
    }
    for preset in &PRESETS[..3] {
        for precision in PRECISIONS {
            let config = preset.config(SCALE).expect("presets are within the limits");
            let settings = TrainerSettings { precision, ..TrainerSettings::new(config, device, 1) };
            let mut trainer = Trainer::new(settings, None).expect("libtorch builds it");
            group.bench_function(BenchmarkId::new(preset.name(), precision), |bencher| {
                bencher.iter(|| trainer.step(&pool).expect("the pool is not empty"));
            });
        }
    }
}

criterion_group!(f_edsr, serving, training);
criterion_main!(f_edsr);
