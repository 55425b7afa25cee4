//! Warping against `warp.py`: flows that point inside and outside the picture.

use nets::torch::configure_threads;
use nets::torch::warp::warp;

use crate::file::{Golden, distance};

#[test]
fn a_warp_is_that_of_two_other_libraries() {
    configure_threads(1);
    let golden = Golden::read("warp.safetensors");
    for case in ["near", "far", "planes", "tiny"] {
        let tensor = |name: &str| golden.tensor(&format!("{case}.{name}"));
        let warped = warp(&tensor("picture"), &tensor("flow")).unwrap();
        for library in ["map_coordinates", "grid_sample"] {
            // Coordinates are rounded to single precision, twice.
            let distance = distance(&warped, &tensor(library));
            assert!(distance < 1e-5, "{case}, {library}: {distance}");
        }
    }
}
