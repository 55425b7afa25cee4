//! The trainer takes what the machine has left: the video, the player and the game on the same machine come first.

#![expect(
    unsafe_code,
    reason = "the scheduler is asked through libc; nix has no wrapper for one thread's priority"
)]

use nix::libc;
use nix::unistd::gettid;

/// The weakest claim to the processor that nice values express.
const NICE: libc::c_int = 19;

/// Gives the calling thread, and no other, the lowest priority that the system has.
pub(super) fn lower() {
    let thread = gettid().as_raw();
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: both calls take plain numbers and a pointer to a structure that outlives the call; they change nothing
    // but the scheduling of this thread, which Linux addresses by its thread id.
    let refused = unsafe {
        let nice = libc::setpriority(libc::PRIO_PROCESS, thread.cast_unsigned(), NICE);
        let idle = libc::sched_setscheduler(thread, libc::SCHED_IDLE, &raw const parameters);
        nice != 0 || idle != 0
    };
    if refused {
        tracing::debug!("the system did not lower the trainer's priority as far as it goes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowers_this_thread_only() {
        // SAFETY: reads a number.
        let nice =
            |thread: libc::pid_t| unsafe { libc::getpriority(libc::PRIO_PROCESS, thread.cast_unsigned()) };
        let before = nice(gettid().as_raw());
        let lowered = std::thread::spawn(move || {
            lower();
            nice(gettid().as_raw())
        });
        assert_eq!(lowered.join().unwrap(), NICE);
        assert_eq!(nice(gettid().as_raw()), before);
    }
}
