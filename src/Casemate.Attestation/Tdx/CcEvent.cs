namespace Casemate.Attestation.Tdx;

/// <summary>One entry of a <see cref="CcEventLog"/>.</summary>
/// <param name="Number">Place in the log, from 1.</param>
/// <param name="Offset">Where the entry starts in the log, in bytes.</param>
/// <param name="Register">Measurement register as the log counts: 0 is MRTD, 1 to 4 are RTMR0 to RTMR3.</param>
/// <param name="Type">Type of event. Not measured: who hands over the log can change it.</param>
/// <param name="Digest">SHA-384, 48 bytes: what was extended.</param>
/// <param name="Data">The event's data.</param>
public sealed record CcEvent(int Number, int Offset, uint Register, uint Type, ReadOnlyMemory<byte> Digest, ReadOnlyMemory<byte> Data)
{
    /// <summary>EV_SEPARATOR.</summary>
    public const uint Separator = 0x4;

    /// <summary>EV_IPL: what a boot loader read or ran.</summary>
    public const uint Ipl = 0xD;

    /// <summary>EV_EVENT_TAG: what a kernel's stub loaded.</summary>
    public const uint EventTag = 0x6;

    /// <summary>EV_NO_ACTION: extends nothing.</summary>
    public const uint NoAction = 0x3;

    /// <summary>EV_EFI_BOOT_SERVICES_APPLICATION: a boot loader or kernel.</summary>
    public const uint EfiBootServicesApplication = 0x80000003;

    /// <summary>
    /// The RTMR that this entry extended, 0 to 3; null for entries that extend none (MRTD is fixed at launch; EV_NO_ACTION).
    /// </summary>
    public int? Rtmr => Type != NoAction && Register is >= 1 and <= 4 ? (int)Register - 1 : null;

    /// <summary>The type's name in the specification, or its number.</summary>
    public string TypeName => CcEventTypes.NameOf(Type);

    /// <summary>Whether the digest vouches for <see cref="Data"/>.</summary>
    public EventDataBinding DataBinding => CcEventDigest.Check(this);

    /// <summary>
    /// The entry for people, in one line of printable characters. Believe what it says of the data only as far as <see cref="DataBinding"/>
    /// goes.
    /// </summary>
    public string Text => CcEventText.Describe(this);
}
