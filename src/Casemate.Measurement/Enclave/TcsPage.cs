using System.Buffers.Binary;

namespace Casemate.Measurement.Enclave;

/// <summary>A thread control structure as a loader fills it in. Layout: Intel SDM volume 3D, "Thread Control Structure".</summary>
public readonly record struct TcsPage
{
    /// <summary>Where OSSA stands.</summary>
    public const int StateSaveAreaOffset = 16;

    /// <summary>Where OFSBASE stands.</summary>
    public const int FsBaseOffset = 48;

    /// <summary>Where OGSBASE stands.</summary>
    public const int GsBaseOffset = 56;

    /// <summary>OSSA: where the state save areas lie, from the enclave's base, in bytes.</summary>
    public ulong StateSaveArea { get; init; }

    /// <summary>NSSA: how many state save areas there are; one more than the interruptions that an entry can follow.</summary>
    public uint StateSaveAreas { get; init; }

    /// <summary>OENTRY: where EENTER jumps to, from the enclave's base, in bytes.</summary>
    public ulong Entry { get; init; }

    /// <summary>OFSBASE: base of the segment FS, from the enclave's base, in bytes.</summary>
    public ulong FsBase { get; init; }

    /// <summary>OGSBASE: base of the segment GS, from the enclave's base, in bytes.</summary>
    public ulong GsBase { get; init; }

    /// <summary>FSLIMIT, which counts in 32-bit enclaves only; EADD wants its low twelve bits set.</summary>
    public uint FsLimit { get; init; }

    /// <summary>GSLIMIT, likewise.</summary>
    public uint GsLimit { get; init; }

    /// <summary>The 4096 bytes.</summary>
    public byte[] ToPage()
    {
        var page = new byte[EnclaveMeasurement.PageSize];
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(StateSaveAreaOffset), StateSaveArea);
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(28), StateSaveAreas);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(32), Entry);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(FsBaseOffset), FsBase);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(GsBaseOffset), GsBase);
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(64), FsLimit);
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(68), GsLimit);
        return page;
    }
}
