using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Testing;

/// <summary>
/// Writes event logs as a TD's firmware does: TCG PC Client Platform Firmware Profile 1.06, section 10, with SHA-384 digests unless told
/// otherwise.
/// </summary>
public sealed class EventLogWriter
{
    private const ushort Sha256 = 0x000B;
    private const ushort Sha384 = 0x000C;

    private readonly List<byte> _log;
    private readonly bool _alsoSha256;

    /// <summary>Starts a log with its header.</summary>
    /// <param name="alsoSha256">Gives every event a SHA-256 digest too, before the other.</param>
    /// <param name="vendor">Vendor information of the header.</param>
    public EventLogWriter(bool alsoSha256 = false, byte[]? vendor = null)
    {
        _alsoSha256 = alsoSha256;
        byte[] specId =
        [
            .. "Spec ID Event03\0"u8, .. UInt32(0), 0, 2, 0, 2,
            .. UInt32(alsoSha256 ? 2u : 1u), .. alsoSha256 ? (byte[])[.. UInt16(Sha256), .. UInt16(32)] : [],
            .. UInt16(Sha384), .. UInt16(48),
            (byte)(vendor?.Length ?? 0), .. vendor ?? [],
        ];
        _log = [.. UInt32(0), .. UInt32(3), .. new byte[20], .. UInt32((uint)specId.Length), .. specId];
    }

    /// <summary>Where each event starts.</summary>
    public List<int> Offsets { get; } = [];

    /// <summary>Adds an event whose digest is that of its data.</summary>
    public EventLogWriter Measure(uint register, uint type, byte[] data) => Add(register, type, SHA384.HashData(data), data);

    /// <summary>Adds an event.</summary>
    public EventLogWriter Add(uint register, uint type, byte[] digest, byte[] data)
    {
        Offsets.Add(_log.Count);
        _log.AddRange(
        [
            .. UInt32(register), .. UInt32(type), .. UInt32(_alsoSha256 ? 2u : 1u),
            .. _alsoSha256 ? (byte[])[.. UInt16(Sha256), .. SHA256.HashData(data)] : [], .. UInt16(Sha384), .. digest,
            .. UInt32((uint)data.Length), .. data,
        ]);
        return this;
    }

    /// <summary>The log so far.</summary>
    public byte[] ToArray() => [.. _log];

    /// <summary>The log of a TD's boot under OVMF, rebuilt from real events.</summary>
    public static EventLogWriter Ovmf()
    {
        var writer = new EventLogWriter();
        foreach (var (register, type, digest, data) in RealEvidence.OvmfEvents)
        {
            writer.Add(register, type, digest, data);
        }

        return writer;
    }

    /// <summary>UEFI_VARIABLE_DATA of a variable of the global owner.</summary>
    public static byte[] Variable(string name, byte[] value) =>
    [
        .. new Guid("8be4df61-93ca-11d2-aa0d-00e098032b8c").ToByteArray(), .. UInt64((ulong)name.Length), .. UInt64((ulong)value.Length),
        .. Encoding.Unicode.GetBytes(name), .. value,
    ];

    private static byte[] UInt16(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] UInt64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
