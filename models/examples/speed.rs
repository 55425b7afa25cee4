#![allow(warnings)]
#![allow(clippy::all)]
use std::time::Instant;
use tch::{Device, Kind, Tensor};
fn cl(t: &Tensor) -> Tensor {
    t.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}
fn med(name: &str, mut f: impl FnMut()) -> f64 {
    for _ in 0..5 {
        f();
    }
    let mut v: Vec<f64> = (0..15)
        .map(|_| {
            let t = Instant::now();
            f();
            t.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    v.sort_by(f64::total_cmp);
    println!("{name:50} min {:7.2} med {:7.2}", v[0], v[7]);
    v[0]
}
fn main() {
    tch::set_num_threads(1);
    let (h, w) = (270i64, 480i64);
    let _g = tch::no_grad_guard();
    let o = (Kind::Float, Device::Cpu);
    let kind = Kind::BFloat16;
    for c in [8i64, 16] {
        let bytes = vec![100u8; (h * w) as usize];
        let lay = |t: Tensor| cl(&t.to_kind(kind));
        let wh = lay(Tensor::rand([c, 1, 5, 5], o));
        let wb = lay(Tensor::rand([c, c, 3, 3], o));
        let b = Tensor::rand([c], o).to_kind(kind);
        let w4 = lay(Tensor::rand([4, c, 3, 3], o));
        let b4 = Tensor::rand([4], o).to_kind(kind);
        let inp =
            || Tensor::from_data_size(&bytes, &[1, h, w, 1], Kind::Uint8).to_kind(kind).permute([0, 3, 1, 2]);
        med("input", || {
            inp();
        });
        let x = inp();
        println!("{:?}", x.stride());
        med("head", || {
            x.conv2d(&wh, Some(&b), [1, 1], [2, 2], [1, 1], 1);
        });
        let f = x.conv2d(&wh, Some(&b), [1, 1], [2, 2], [1, 1], 1);
        println!("{:?}", f.stride());
        med("body", || {
            f.conv2d(&wb, Some(&b), [1, 1], [1, 1], [1, 1], 1);
        });
        let wu = lay(Tensor::rand([c, c, 3, 3], o));
        let g = f.conv2d(&wb, Some(&b), [1, 1], [1, 1], [1, 1], 1);
        println!("{:?}", g.stride());
        med("last", || {
            g.conv2d(&w4, Some(&b4), [1, 1], [1, 1], [1, 1], 1);
        });
        let y = g.conv2d(&w4, Some(&b4), [1, 1], [1, 1], [1, 1], 1);
        println!("{:?}", y.stride());
        let mut out = vec![0f32; (h * w * 4) as usize];
        med("out", || {
            y.permute([0, 2, 3, 1]).to_kind(Kind::Float).copy_data(&mut out, (h * w * 4) as usize);
        });
        let mut z = f.copy();
        med("relu_", || {
            z.relu_();
        });
        med("add_", || {
            let _ = z.g_add_(&g);
        });
    }
    use media::*;
    use models::upscale::*;
    use models::*;
    for p in [Preset::Nano, Preset::Mini, Preset::Small] {
        for pr in [Precision::F32, Precision::Bf16] {
            let c = p.config(2).unwrap();
            let wts: Vec<_> = c.tensors().iter().map(|s| vec![0.01; s.elements()]).collect();
            let pk = Package::write(&models::package::Metadata::new(c), &wts).unwrap();
            let mut u = FEdsrUpscaler::build(&pk, Device::Cpu, pr).unwrap();
            let lr = {
                let mut p = Picture::new(Size { width: 480, height: 270 });
                p.luma_mut().fill(100);
                p
            };
            let mut pl = Some({
                let mut p = Picture::new(Size { width: 960, height: 540 });
                p.luma_mut().fill(100);
                p
            });
            med(&format!("{p} {pr}"), || {
                let q = pl.take().unwrap();
                pl = Some(u.upscale(&lr, q).unwrap());
            });
            med(&format!("{p} {pr} warm_up"), || {
                u.warm_up(lr.size());
            });
        }
    }
}
