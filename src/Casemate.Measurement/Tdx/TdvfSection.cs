namespace Casemate.Measurement.Tdx;

/// <summary>One section of a TD's firmware.</summary>
/// <param name="Number">Its place in the metadata, from 1.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Attributes">What the VMM does with it.</param>
/// <param name="Address">Guest physical address, a multiple of 4096.</param>
/// <param name="Pages">Its size in pages of 4096 bytes.</param>
/// <param name="Content">What the file gives for it, at most as large as its pages; the rest of them is zero. May be empty.</param>
public sealed record TdvfSection(
    int Number, TdvfSectionType Type, TdvfSectionAttributes Attributes, ulong Address, ulong Pages, ReadOnlyMemory<byte> Content)
{
    /// <summary>Whether its pages are part of the launch.</summary>
    public bool IsAdded => !Attributes.HasFlag(TdvfSectionAttributes.AddedLater);

    /// <summary>Whether the firmware asks to have its content measured.</summary>
    public bool IsExtended => Attributes.HasFlag(TdvfSectionAttributes.Extend);

    /// <summary>Whether its content comes neither from the file nor is zero, but from the VMM.</summary>
    public bool IsFilledByVmm =>
        Type is TdvfSectionType.TdHob || (Type is TdvfSectionType.Payload or TdvfSectionType.PayloadParameters && Content.IsEmpty);
}
