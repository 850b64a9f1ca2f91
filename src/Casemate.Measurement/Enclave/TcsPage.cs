using System.Buffers.Binary;

namespace Casemate.Measurement.Enclave;

/// <summary>A thread control structure as a loader fills it in. Layout: Intel SDM volume 3D, "Thread Control Structure".</summary>
internal readonly record struct TcsPage
{
    /// <summary>Where OSSA stands.</summary>
    public const int StateSaveAreaOffset = 16;

    /// <summary>Where OFSBASE stands.</summary>
    public const int FsBaseOffset = 48;

    /// <summary>Where OGSBASE stands.</summary>
    public const int GsBaseOffset = 56;

    /// <summary>OSSA: offset of the state save areas.</summary>
    public ulong StateSaveArea { get; init; }

    /// <summary>NSSA.</summary>
    public uint StateSaveAreas { get; init; }

    /// <summary>OENTRY.</summary>
    public ulong Entry { get; init; }

    /// <summary>OFSBASE.</summary>
    public ulong FsBase { get; init; }

    /// <summary>OGSBASE.</summary>
    public ulong GsBase { get; init; }

    /// <summary>FSLIMIT.</summary>
    public uint FsLimit { get; init; }

    /// <summary>GSLIMIT.</summary>
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
