using System.Collections.Immutable;
using System.Globalization;

namespace Casemate.Measurement.Enclave;

/// <summary>What a loader does with an enclave, page by page: the one thing that is measured, counted and compared.</summary>
public sealed class EnclaveLayout
{
    /// <summary>Describes an enclave.</summary>
    /// <param name="ssaFramePages">SSAFRAMESIZE: pages of one state save area.</param>
    /// <param name="size">SECS.SIZE: bytes of the address range, a power of two.</param>
    /// <param name="runs">The pages in the order of loading.</param>
    public EnclaveLayout(uint ssaFramePages, ulong size, ImmutableArray<EnclavePageRun> runs)
    {
        SsaFramePages = ssaFramePages;
        Size = size;
        Runs = runs;
        foreach (var run in runs)
        {
            AddedPages += run.PageCount;
            MeasuredPages += run.IsMeasured ? run.PageCount : 0;
        }
    }

    /// <summary>SSAFRAMESIZE: pages of one state save area.</summary>
    public uint SsaFramePages { get; }

    /// <summary>SECS.SIZE: bytes of the address range.</summary>
    public ulong Size { get; }

    /// <summary>The pages in the order of loading. Guard pages are not among them: they are never added.</summary>
    public ImmutableArray<EnclavePageRun> Runs { get; }

    /// <summary>Pages that are added before the enclave starts.</summary>
    public ulong AddedPages { get; }

    /// <summary>Those of them whose content is measured.</summary>
    public ulong MeasuredPages { get; }

    /// <summary>Computes MRENCLAVE.</summary>
    /// <returns>32 bytes.</returns>
    public byte[] Measure()
    {
        using var measurement = new EnclaveMeasurement(SsaFramePages, Size);
        foreach (var run in Runs)
        {
            for (var page = 0UL; page < run.PageCount; page++)
            {
                var offset = run.Offset + (page * EnclaveMeasurement.PageSize);
                measurement.Add(offset, run.Flags);
                if (run.IsMeasured)
                {
                    measurement.ExtendPage(offset, run.Page(page));
                }
            }
        }

        return measurement.Finish();
    }

    /// <summary>Finds the first input of the measurement in which two layouts differ.</summary>
    /// <param name="other">The layout to compare with.</param>
    /// <returns>What it is, here and there; null when both measure the same.</returns>
    public EnclaveDifference? FirstDifference(EnclaveLayout other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (SsaFramePages != other.SsaFramePages)
        {
            return new EnclaveDifference("SSAFRAMESIZE", Text(SsaFramePages), Text(other.SsaFramePages));
        }

        if (Size != other.Size)
        {
            return new EnclaveDifference("enclave size", Text(Size), Text(other.Size));
        }

        for (var i = 0; i < Math.Min(Runs.Length, other.Runs.Length); i++)
        {
            if (Difference(Runs[i], other.Runs[i]) is { } difference)
            {
                return difference;
            }
        }

        return Runs.Length == other.Runs.Length ? null : Runs.Length > other.Runs.Length
            ? new EnclaveDifference(Runs[other.Runs.Length].Name, "loaded", "not there")
            : new EnclaveDifference(other.Runs[Runs.Length].Name, "not there", "loaded");
    }

    private static EnclaveDifference? Difference(EnclavePageRun here, EnclavePageRun there)
    {
        if (here.Offset != there.Offset)
        {
            return new EnclaveDifference($"{here.Name}: offset", Hex(here.Offset), Hex(there.Offset));
        }

        if (here.Flags != there.Flags)
        {
            return new EnclaveDifference($"{here.Name}: rights and type", here.Flags.ToString(), there.Flags.ToString());
        }

        if (here.IsMeasured != there.IsMeasured)
        {
            return new EnclaveDifference($"{here.Name}: content", Measured(here), Measured(there));
        }

        for (var page = 0UL; here.IsMeasured && page < Math.Min(here.PageCount, there.PageCount); page++)
        {
            var a = here.Page(page);
            var b = there.Page(page);
            if (a.CommonPrefixLength(b) is var at && at < a.Length)
            {
                var offset = here.Offset + (page * EnclaveMeasurement.PageSize) + (ulong)at;
                return new EnclaveDifference($"{here.Name}: byte at {Hex(offset)}", $"0x{a[at]:x2}", $"0x{b[at]:x2}");
            }
        }

        return here.PageCount == there.PageCount
            ? null : new EnclaveDifference($"{here.Name}: pages", Text(here.PageCount), Text(there.PageCount));
    }

    private static string Measured(EnclavePageRun run) => run.IsMeasured ? "measured" : "not measured";

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
