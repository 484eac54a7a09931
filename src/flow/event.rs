//! What happened to a flow or an expectation.

/// A change that the kernel announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    New,
    Update,
    Destroy,
}

impl Event {
    pub const ALL: [Event; 3] = [Event::New, Event::Update, Event::Destroy];
}

/// The process that caused an event, where it was not a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender<'a> {
    /// The port of its netlink socket.
    pub port: u32,
    /// The process's name, where it was found: any bytes that it likes.
    pub name: Option<&'a [u8]>,
}
