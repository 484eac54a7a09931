//! Options by name, and sets of them.

/// An option, whatever it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opt {
    Command,
    Expect,
    Src,
    Dst,
    ReplySrc,
    ReplyDst,
    Protonum,
    Timeout,
    Status,
    Zero,
    EventMask,
    TupleSrc,
    TupleDst,
    MaskSrc,
    MaskDst,
    NatRange,
    Mark,
    Id,
    Family,
    SrcNat,
    DstNat,
    Output,
    /// No option of its own: [`Opt::Output`] with a format that 1.4.9 lacks.
    AddedOutput,
    Secmark,
    BufferSize,
    AnyNat,
    Zone,
    Label,
    LabelAdd,
    LabelDel,
    OrigZone,
    ReplyZone,
    Labelmap,
    IgnoreMissing,
    Host,
    Port,
    NoNat,
    Bytes,
    Packets,
    Age,
    Expires,
    CountBy,
    Columns,
    SortBy,
    Top,
    DryRun,
    Netns,
    Generate,
    Sport,
    Dport,
    ReplySport,
    ReplyDport,
    MaskSport,
    MaskDport,
    State,
    TupleSport,
    TupleDport,
    OrigVtag,
    ReplyVtag,
    Role,
    IcmpType,
    IcmpCode,
    IcmpId,
    Icmpv6Type,
    Icmpv6Code,
    Icmpv6Id,
    SrcKey,
    DstKey,
    ReplySrcKey,
    ReplyDstKey,
    MaskSrcKey,
    MaskDstKey,
    TupleSrcKey,
    TupleDstKey,
}

/// Some of the options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptSet(u128);

impl OptSet {
    pub const NONE: OptSet = OptSet(0);

    pub const fn of(options: &[Opt]) -> OptSet {
        let mut bits = 0;
        let mut i = 0;
        while i < options.len() {
            bits |= 1 << options[i] as u32;
            i += 1;
        }
        OptSet(bits)
    }

    pub const fn union(self, others: OptSet) -> OptSet {
        OptSet(self.0 | others.0)
    }

    pub const fn has(self, option: Opt) -> bool {
        self.0 & (1 << option as u32) != 0
    }

    /// Those that are not among others.
    pub const fn without(self, others: OptSet) -> OptSet {
        OptSet(self.0 & !others.0)
    }

    pub const fn intersection(self, others: OptSet) -> OptSet {
        OptSet(self.0 & others.0)
    }

    pub fn intersects(self, others: OptSet) -> bool {
        self.0 & others.0 != 0
    }

    pub fn remove(&mut self, option: Opt) {
        self.0 &= !(1 << option as u32);
    }

    pub fn insert(&mut self, option: Opt) {
        self.0 |= 1 << option as u32;
    }
}
