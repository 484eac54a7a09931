//! The only module that knows sockets and attributes.
//!
//! [`socket`] carries bytes to and from the kernel, [`message`] cuts what came into messages, [`decode`] turns one into a
//! flow, and [`request`] turns what a command wants into bytes; [`mod@tuple`] and [`protoinfo`] read and write the nests that
//! both of them need. [`dump`] lists what can be asked for as a whole, which [`reading`] does, [`kernel_filter`] says as
//! much of a filter as the kernel can check by itself, [`subscription`] hears events, and [`pipeline`] lets receiving overlap
//! with everything else.

pub mod attr;
pub mod constants;
pub mod decode;
pub mod dump;
pub mod error;
pub mod kernel_filter;
pub mod message;
pub mod pipeline;
pub mod protoinfo;
pub mod reading;
pub mod request;
pub mod socket;
pub mod subscription;
pub mod tuple;

pub use error::{Error, Malformed};
