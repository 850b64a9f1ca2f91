using System.Buffers.Binary;

namespace Casemate.Attestation.Dcap;

/// <summary>Certification data of types 1 to 3, read in place: PPID, clear or encrypted, and the TCB that signed.</summary>
internal readonly ref struct PlatformTcb
{
    /// <summary>16 bytes in clear, or 256 or 384 bytes encrypted.</summary>
    public ReadOnlySpan<byte> Ppid { get; private init; }

    /// <summary>16 bytes.</summary>
    public ReadOnlySpan<byte> CpuSvn { get; private init; }

    public ushort PceSvn { get; private init; }

    /// <summary>2 bytes; empty in the short form of type 1.</summary>
    public ReadOnlySpan<byte> PceId { get; private init; }

    /// <summary>Reads data of a quote that was read, so of the right size; false for the other types.</summary>
    public static bool TryRead(CertificationDataType type, ReadOnlySpan<byte> data, out PlatformTcb tcb)
    {
        var ppidSize = type switch
        {
            CertificationDataType.PpidClear => 16,
            CertificationDataType.PpidRsa2048 => 256,
            CertificationDataType.PpidRsa3072 => 384,
            _ => 0,
        };
        tcb = default;
        if (ppidSize == 0 || data.Length < ppidSize + 18)
        {
            return false;
        }

        tcb = new PlatformTcb
        {
            Ppid = data[..ppidSize],
            CpuSvn = data.Slice(ppidSize, 16),
            PceSvn = BinaryPrimitives.ReadUInt16LittleEndian(data[(ppidSize + 16)..]),
            PceId = data[(ppidSize + 18)..],
        };
        return true;
    }
}
