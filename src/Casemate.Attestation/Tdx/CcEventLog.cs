using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Casemate.Attestation.Tdx;

/// <summary>
/// The event log of a TD's boot (ACPI table CCEL): what extended the runtime measurement registers. As untrusted as its source; it is worth
/// something when its replay gives the registers that a verified quote reports. Source: UEFI 2.10 section 38, TCG PC Client Platform
/// Firmware Profile 1.06 section 10 (crypto-agile log).
/// </summary>
public sealed class CcEventLog
{
    /// <summary>The largest log that is read, in bytes, unused space at its end included.</summary>
    public const int MaxSize = 512 * 1024;

    /// <summary>How many RTMRs a TD has.</summary>
    public const int RtmrCount = 4;

    private CcEventLog(ImmutableArray<CcEvent> events, int unusedBytes) => (Events, UnusedBytes) = (events, unusedBytes);

    /// <summary>The entries in order, without the header.</summary>
    public ImmutableArray<CcEvent> Events { get; }

    /// <summary>Bytes after the last entry: the space that the firmware reserved and did not fill.</summary>
    public int UnusedBytes { get; }

    /// <summary>Reads a log.</summary>
    /// <param name="source">The log; a rest of only zeros or only ones (0xFF) counts as unused space.</param>
    /// <param name="log">The log, or null.</param>
    /// <param name="error">What is wrong and where; null after success.</param>
    public static bool TryRead(ReadOnlySpan<byte> source, [NotNullWhen(true)] out CcEventLog? log, [NotNullWhen(false)] out string? error)
    {
        log = null;
        if (source.Length > MaxSize)
        {
            error = $"event log of {source.Length} bytes is larger than {MaxSize}";
            return false;
        }

        var reader = new CcEventLogReader(source.ToArray());
        if (!reader.TryReadHeader(out error))
        {
            return false;
        }

        var events = ImmutableArray.CreateBuilder<CcEvent>();
        while (!reader.IsAtEnd)
        {
            if (!reader.TryReadEvent(events.Count + 1, out var entry, out error))
            {
                return false;
            }

            events.Add(entry);
        }

        log = new CcEventLog(events.ToImmutable(), reader.Remaining);
        error = null;
        return true;
    }

    /// <summary>
    /// Computes RTMR0 to RTMR3 (48 bytes each) from the entries: each extension is SHA-384 over the old value and the digest.
    /// </summary>
    public ImmutableArray<byte[]> Replay()
    {
        ImmutableArray<byte[]> registers = [new byte[48], new byte[48], new byte[48], new byte[48]];
        Span<byte> input = stackalloc byte[96];
        foreach (var entry in Events)
        {
            if (entry.Rtmr is { } rtmr)
            {
                registers[rtmr].CopyTo(input);
                entry.Digest.Span.CopyTo(input[48..]);
                SHA384.HashData(input, registers[rtmr]);
            }
        }

        return registers;
    }

    /// <summary>Compares the replay with the registers that a TD reports.</summary>
    /// <param name="rtmrs">RTMR0 to RTMR3 of a verified quote, 48 bytes each.</param>
    public EventLogReplay Compare(IReadOnlyList<byte[]> rtmrs)
    {
        ArgumentNullException.ThrowIfNull(rtmrs);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rtmrs.Count, RtmrCount, nameof(rtmrs));
        var replayed = Replay();
        return new EventLogReplay(
            [.. replayed.Select((value, i) => new RtmrComparison(i, value, rtmrs[i], Events.Count(e => e.Rtmr == i)))], Events);
    }
}
