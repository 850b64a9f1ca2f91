using System.Globalization;

namespace Casemate.Node.Discovery;

/// <summary>How much EPC the kernel owns, by NUMA node.</summary>
internal sealed record EpcBanks(EpcSource Source, ValueList<EpcBank> Banks)
{
    private const string Nodes = "/sys/devices/system/node";
    private const int HighestNode = 1023;                                  // MAX_NUMNODES with CONFIG_NODES_SHIFT=10
    private const int PageSize = 4096;

    /// <summary>Reads what the kernel tells; else takes CPUID's word, provided that a driver is there.</summary>
    public static EpcBanks Read(ScanNotes look, SgxDriver driver, CpuidEpc cpuid)
    {
        var banks = new List<EpcBank>();
        var nodes = new List<int>();
        var told = false;
        foreach (var name in look.Sources.Files.List(Nodes))
        {
            if (!TryNode(name, out var node))
            {
                continue;
            }

            nodes.Add(node);
            var path = $"{Nodes}/{name}/x86/sgx_total_bytes";
            told |= look.Sources.Files.Read(path, 1).State is not SystemFileState.Absent;
            if (look.TryReadNumber(path, CpuidEpc.LargestBank, out var bytes) && Usable(look, path, bytes) is > 0 and var usable)
            {
                banks.Add(new EpcBank(node, usable));
            }
        }

        if (told)
        {
            return new EpcBanks(EpcSource.Sysfs, [.. banks.OrderBy(bank => bank.Numa)]);
        }

        if (driver is SgxDriver.None || cpuid.Sections.Count == 0)
        {
            return new EpcBanks(EpcSource.None, []);
        }

        // Which section is whose is told nowhere; with one NUMA node there is nothing to tell.
        int? only = nodes.Count <= 1 ? nodes.FirstOrDefault() : null;
        var total = cpuid.Sections.Sum(section => section.Bytes);
        look.Note(
            FindingId.EpcFromCpuid,
            "The kernel does not tell EPC by NUMA node (x86/sgx_total_bytes); CPUID's sections are counted, of which the kernel may "
                + "own less.",
            "Linux 5.17 and later tell it; a smaller amount can be advertised by a reserve.");
        return new EpcBanks(EpcSource.Cpuid, [new EpcBank(only, total)]);
    }

    private static long Usable(ScanNotes look, string path, long bytes)
    {
        var whole = bytes - (bytes % PageSize);
        if (whole != bytes)
        {
            look.Warn(
                FindingId.ImplausibleValue, $"{path} holds {bytes.ToString(CultureInfo.InvariantCulture)}, no whole number of pages; "
                    + $"{whole} are counted.",
                "Look at the kernel's log for EPC sections.");
        }

        return whole;
    }

    private static bool TryNode(string name, out int node)
    {
        node = 0;
        return name.StartsWith("node", StringComparison.Ordinal) && name.Length is > 4 and <= 8
            && int.TryParse(name.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out node) && node <= HighestNode;
    }
}
