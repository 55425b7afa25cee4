//! TCSR: the temporal net that improves selected pictures with what their neighbours know.
//!
//! After SOF-VSR ("Deep Video Super-Resolution Using HR Optical Flow Estimation", Wang et al., 2020) for the flow, and EDVR
//! (Wang et al., 2019) for the attention; both cut down to what a processor can do once a second:
//!
//! ```text
//! I(t+i), I(t) -- OFRnet --> flow O(t+i) -- warp I(t+i) --> A(t+i) --+-- D · (A(t+i) - I(t)) --+
//!                                                                    |                         |  (for all i)
//!                     sigmoid <e(A(t+i)), e(I(t))> = D: 0..1 --------+                  merge 3x3 -- conv -- blocks -- last --(+)-- out
//!                                                                                              |                               |
//! I(t) ----------------------------------------------------------------------------------------+-------------------------------+
//!
//! OFRnet   level 1: both pictures at half size, flow from zero      -> flow at half size, enlarged by two
//!          level 2: the neighbour warped with it, beside the target -> correction at full size
//! ```
//!
//! - Everything but the warps is computed with four pixels (2x2) of the large picture stacked as channels, that is at half
//!   the size; level 1 at a quarter. Equal in what it can express, a quarter of the work.
//! - What a neighbour adds is the *difference* to the target, weighted: attention of zero then means "nothing new", and a net
//!   whose `last` is zero leaves the picture as F-EDSR made it.
//! - Convolutions never see how bright a picture is, only its *detail*, what it has beyond the mean of 5x5 pixels around. Detail
//!   and differences are a few code values; they are multiplied by 16 on the way in, and the residual by 1/64 on the way out:
//!   without that, training gained nothing in six thousand steps.
//! - OFRnet's weights are shared by all neighbours, and so is the embedding `e` of neighbours.
//! - Pictures of any size: inside, they are enlarged to multiples of four by repeating the border.

mod config;

pub use config::{EMBEDDING, FLOW_BLOCKS, MAX_BLOCKS, MAX_CHANNELS, MAX_RADIUS, MULTIPLE, STACK, TcsrConfig};
