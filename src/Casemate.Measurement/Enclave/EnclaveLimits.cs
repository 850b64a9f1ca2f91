namespace Casemate.Measurement.Enclave;

/// <summary>How much work a file may ask for. The defaults are above what processors hold, and bound the time to seconds.</summary>
public sealed record EnclaveLimits
{
    /// <summary>The defaults.</summary>
    public static EnclaveLimits Default { get; } = new();

    /// <summary>The largest file that is read, in bytes. Default: 1 GiB.</summary>
    public long MaxFileBytes { get; init; } = 1L << 30;

    /// <summary>The largest address range of an enclave, in bytes. Default: 1 TiB.</summary>
    public ulong MaxEnclaveBytes { get; init; } = 1UL << 40;

    /// <summary>The most pages that EADD may add, for all metadata blocks of a file together. Default: 2^25, 128 GiB.</summary>
    public ulong MaxAddedPages { get; init; } = 1UL << 25;

    /// <summary>
    /// The most pages that are measured with their content, for all metadata blocks of a file together. Default: 2^21, 8 GiB.
    /// </summary>
    public ulong MaxMeasuredPages { get; init; } = 1UL << 21;

    /// <summary>The most runs of pages (segments, layout entries times their repetitions, areas of threads). Default: 2^17.</summary>
    public int MaxRuns { get; init; } = 1 << 17;

    /// <summary>The largest image of segments that is laid out in memory, in bytes. Default: 1 GiB.</summary>
    public ulong MaxImageBytes { get; init; } = 1UL << 30;

    /// <summary>What is left for the next metadata block of a file, each of which is an enclave of its own.</summary>
    internal EnclaveLimits After(EnclaveLayout layout) => this with
    {
        MaxAddedPages = MaxAddedPages - layout.AddedPages,
        MaxMeasuredPages = MaxMeasuredPages - layout.MeasuredPages,
    };
}
