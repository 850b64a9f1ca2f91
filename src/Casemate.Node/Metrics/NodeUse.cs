using Casemate.Node.Discovery;

namespace Casemate.Node.Metrics;

/// <summary>What is used of a node's scarce things at this moment, as far as the kernel or a driver tells; never estimated.</summary>
internal static class NodeUse
{
    private const long PageSize = 4096;
    private const long MostPages = 1L << 38;                               // a PiB
    private const int NumberLimit = 64;
    private const string Epc = "sgx_epc";

    // Older kernels have no file at the root: then that of all pods.
    private static readonly string[] Places =
    [
        "/sys/fs/cgroup/misc.current", "/sys/fs/cgroup/misc/misc.current", "/sys/fs/cgroup/kubepods.slice/misc.current",
        "/sys/fs/cgroup/kubepods/misc.current",
    ];

    // Drivers out of tree that count their pages.
    private static readonly string[] Modules = ["isgx", "intel_sgx"];

    /// <summary>What the misc controller counts: by its keys; empty where there is no such file.</summary>
    public static ValueList<MiscAmount> OfMisc(ISystemFiles files)
    {
        foreach (var place in Places)
        {
            if (files.Read(place, MiscFile.Limit) is { State: SystemFileState.Read } file)
            {
                return MiscFile.Read(file.Content.Span, out _);
            }
        }

        return [];
    }

    /// <summary>EPC in use, in bytes: of the EPC controller, else of a driver that counts pages; null where neither tells.</summary>
    public static long? OfEpc(ISystemFiles files) =>
        OfMisc(files).FirstOrDefault(amount => amount.Resource == Epc)?.Value
        ?? Modules.Select(module => OfDriver(files, $"/sys/module/{module}/parameters/")).FirstOrDefault(bytes => bytes is not null);

    private static long? OfDriver(ISystemFiles files, string parameters) =>
        TryRead(files, parameters + "sgx_nr_total_epc_pages", out var total) && TryRead(files, parameters + "sgx_nr_free_pages", out var free)
            && free <= total
            ? (total - free) * PageSize
            : null;

    private static bool TryRead(ISystemFiles files, string path, out long pages)
    {
        pages = 0;
        return files.Read(path, NumberLimit) is { State: SystemFileState.Read, Cut: false } file
            && ScanNotes.TryNumber(file.Content.Span, MostPages, out pages);
    }
}
