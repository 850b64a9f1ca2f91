using System.Buffers.Binary;

namespace Casemate.Measurement.Enclave;

/// <summary>
/// The properties of an Open Enclave file: section <c>.oeinfo</c>, 1960 bytes. Source: Open Enclave SDK,
/// <c>include/openenclave/bits/sgx/sgxproperties.h</c> and <c>oe_sgx_enclave_properties_t</c>.
/// </summary>
public readonly ref struct OpenEnclaveProperties
{
    /// <summary>Bytes of the structure.</summary>
    public const int Size = 1960;

    /// <summary>The most threads that the loader takes.</summary>
    public const ulong MaxThreads = 32;

    internal const int ImageOffset = 96;
    internal const int SigStructOffset = 144;

    private readonly ReadOnlySpan<byte> _bytes;

    private OpenEnclaveProperties(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Pages of heap.</summary>
    public ulong HeapPages => ReadUInt64(8);

    /// <summary>Pages of stack of each thread.</summary>
    public ulong StackPages => ReadUInt64(16);

    /// <summary>Threads that may be inside at once (TCS pages).</summary>
    public ulong Threads => ReadUInt64(24);

    /// <summary>ISVPRODID to sign with.</summary>
    public ushort ProductId => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[32..]);

    /// <summary>ISVSVN to sign with.</summary>
    public ushort SecurityVersion => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[34..]);

    /// <summary>Page faults and general protection faults are reported to the enclave (EXINFO).</summary>
    public bool CapturesPageFaults => (_bytes[36] & 1) != 0;

    /// <summary>The enclave's base is address 0, and its pages begin at <see cref="StartAddress"/>.</summary>
    public bool IsZeroBase => (_bytes[36] & 2) != 0;

    /// <summary>ISVFAMILYID to sign with: 16 bytes.</summary>
    public ReadOnlySpan<byte> FamilyId => _bytes.Slice(40, 16);

    /// <summary>ISVEXTPRODID to sign with: 16 bytes.</summary>
    public ReadOnlySpan<byte> ExtendedProductId => _bytes.Slice(56, 16);

    /// <summary>ATTRIBUTES.FLAGS to sign with.</summary>
    public EnclaveFlags Flags => (EnclaveFlags)ReadUInt64(72);

    /// <summary>Where the pages of a zero-base enclave begin.</summary>
    public ulong StartAddress => ReadUInt64(88);

    /// <summary>The signature structure: 1808 bytes, all zero before signing.</summary>
    public ReadOnlySpan<byte> SigStruct => _bytes.Slice(SigStructOffset, Enclave.SigStruct.Size);

    /// <summary>Reads the properties. Never throws; checks nothing but the length.</summary>
    /// <param name="source">At least 1960 bytes.</param>
    /// <param name="properties">The properties; usable only after true.</param>
    public static bool TryRead(ReadOnlySpan<byte> source, out OpenEnclaveProperties properties)
    {
        properties = source.Length >= Size ? new OpenEnclaveProperties(source[..Size]) : default;
        return source.Length >= Size;
    }

    private ulong ReadUInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}
