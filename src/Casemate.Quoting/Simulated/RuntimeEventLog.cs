using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Quoting.Simulated;

/// <summary>
/// The event log of a TD's workload and the register that it explains: RTMR3, extended with the SHA-384 of each entry.
/// Source: TCG PC Client Platform Firmware Profile, section 10 (log and entries); UEFI 2.10, section 38.4.1 (register numbers);
/// the tag of the entries is that of Confidential Containers' attestation agent.
/// </summary>
internal sealed class RuntimeEventLog
{
    /// <summary>The largest log, in bytes: evidence carries the whole of it.</summary>
    public const int MaximumSize = 256 * 1024;

    private const uint EventNoAction = 3;
    private const uint EventTag = 6;
    private const uint AgentTag = 0x4141454C;                  // "AAEL"
    private const ushort AlgorithmSha384 = 0x0C;
    private const uint RegisterOfRtmr3 = 4;                    // The log counts MRTD as 0.
    private readonly List<byte> _log = [];

    /// <summary>The register's value now, 48 bytes.</summary>
    public byte[] Register { get; private set; } = new byte[SHA384.HashSizeInBytes];

    /// <summary>Appends an entry and extends the register with its digest.</summary>
    /// <param name="entry">The text.</param>
    /// <returns>False, and nothing changed, when the log is full.</returns>
    public bool TryExtend(string entry)
    {
        var text = Encoding.UTF8.GetBytes(entry);
        if (text.Length > MaximumSize - _log.Count)
        {
            return false;
        }

        if (_log.Count == 0)
        {
            AppendHeader();
        }

        var tagged = new byte[8 + text.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(tagged, AgentTag);
        BinaryPrimitives.WriteInt32LittleEndian(tagged.AsSpan(4), text.Length);
        text.CopyTo(tagged, 8);
        var digest = SHA384.HashData(tagged);

        AppendUInt32(RegisterOfRtmr3);
        AppendUInt32(EventTag);
        AppendUInt32(1);                                             // one digest
        AppendUInt16(AlgorithmSha384);
        _log.AddRange(digest);
        AppendUInt32((uint)tagged.Length);
        _log.AddRange(tagged);
        Register = SHA384.HashData([.. Register, .. digest]);
        return true;
    }

    /// <summary>The log as evidence carries it; empty when nothing was extended.</summary>
    public byte[] ToBytes() => _log.Count == 0 ? [] : [.. _log, .. Enumerable.Repeat((byte)0xFF, 8)];

    // TCG_PCR_EVENT with the specification id: the only entry without a digest list, so that readers learn the digests' sizes.
    private void AppendHeader()
    {
        AppendUInt32(0u);
        AppendUInt32(EventNoAction);
        _log.AddRange(new byte[20]);
        AppendUInt32(33u);
        _log.AddRange("Spec ID Event03\0"u8);
        AppendUInt32(0u);                                            // platform class: client
        _log.AddRange([0, 2, 0, 2]);                           // version 2.0, errata 0, 64-bit UINTN
        AppendUInt32(1u);
        AppendUInt16(AlgorithmSha384);
        AppendUInt16((ushort)SHA384.HashSizeInBytes);
        _log.Add(0);                                           // no vendor data
    }

    private void AppendUInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _log.AddRange(bytes);
    }

    private void AppendUInt16(ushort value)
    {
        _log.Add((byte)value);
        _log.Add((byte)(value >> 8));
    }
}
