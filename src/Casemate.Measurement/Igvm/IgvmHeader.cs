namespace Casemate.Measurement.Igvm;

/// <summary>A variable header. What its type does not have is null.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Body">Its body.</param>
public sealed record IgvmHeader(IgvmHeaderType Type, int Offset, ReadOnlyMemory<byte> Body)
{
    /// <summary>The platforms that it is for, one bit each; null: all.</summary>
    public uint? Mask { get; internal init; }

    /// <summary>The guest physical address.</summary>
    public ulong? Gpa { get; internal init; }

    /// <summary>Bytes of memory: of a parameter area, a range, or a page.</summary>
    public ulong? Size { get; internal init; }

    /// <summary>What it brings along, within the file: a page, a state, a document. Null: nothing, which for a page means zeros.</summary>
    public ReadOnlyMemory<byte>? Data { get; internal init; }

    /// <summary>The index of the parameter area.</summary>
    public uint? Area { get; internal init; }

    /// <summary>The flags of a page.</summary>
    public IgvmPageFlags? Flags { get; internal init; }

    /// <summary>What a page is for.</summary>
    public IgvmPageType? PageType { get; internal init; }

    /// <summary>The virtual processor.</summary>
    public ushort? VpIndex { get; internal init; }

    /// <summary>The guest policy.</summary>
    public ulong? Policy { get; internal init; }

    /// <summary>The platform.</summary>
    public IgvmPlatformType? Platform { get; internal init; }

    /// <summary>True when it is for a platform.</summary>
    /// <param name="mask">The platform's compatibility mask.</param>
    public bool IsFor(uint mask) => Mask is null || (Mask & mask) == mask;
}
