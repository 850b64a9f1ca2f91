namespace Casemate.Measurement.Enclave;

/// <summary>The protected memory (EPC) that an enclave takes, in bytes.</summary>
/// <param name="StartBytes">What is loaded before it starts.</param>
/// <param name="MaximumBytes">What it can grow to while it runs; the same as at the start where it cannot grow.</param>
public sealed record EnclaveEpc(ulong StartBytes, ulong MaximumBytes)
{
    private const ulong MiB = 1 << 20;
    private const ulong PagesOfAVersionArray = 512;

    /// <summary>
    /// The limit to ask for: the maximum, its version array pages (one for each 512 pages) and the control structure, rounded up to MiB.
    /// </summary>
    public ulong SuggestedBytes
    {
        get
        {
            const ulong page = EnclaveMeasurement.PageSize;
            var versionArrays = ((MaximumBytes / page) + PagesOfAVersionArray - 1) / PagesOfAVersionArray * page;
            return (MaximumBytes + versionArrays + page + MiB - 1) / MiB * MiB;
        }
    }

    internal static EnclaveEpc Of(EnclaveLayout layout, ulong laterPages = 0) => new(
        layout.AddedPages * EnclaveMeasurement.PageSize, (layout.AddedPages + laterPages) * EnclaveMeasurement.PageSize);
}
