//! Opens libtorch's CUDA library at run time. Its constructors register CUDA with the libtorch that is linked already;
//! that must happen before libtorch is asked for CUDA the first time, because it remembers the answer.
#![expect(unsafe_code, reason = "loading a library runs its constructors")]

use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

/// The link that the set-up makes beside libtorch (not found by linkers), and the library's own name for machines that
/// have it on their library path.
const NAMES: [&str; 2] = ["libtorch_cuda_at_run_time.so", "libtorch_cuda.so"];

/// How many CUDA devices there are, or why the library could not be opened.
pub(super) fn devices() -> Result<usize, String> {
    static OPENED: OnceLock<Result<(), String>> = OnceLock::new();
    OPENED.get_or_init(open).clone()?;
    Ok(usize::try_from(tch::Cuda::device_count()).unwrap_or(0))
}

fn open() -> Result<(), String> {
    let mut reason = String::new();
    for name in NAMES {
        // SAFETY: the library is part of libtorch; its constructors only register kernels and hooks. It is never closed.
        match unsafe { Library::open(Some(name), RTLD_NOW | RTLD_GLOBAL) } {
            Ok(library) => {
                std::mem::forget(library);
                return Ok(());
            }
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}
